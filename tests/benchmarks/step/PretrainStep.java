import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.engine.Devices;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.train.AdamW;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Trainee;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Times a pretraining step: forward, backward and AdamW, masks drawn anew in each.
 *
 * <pre>
 * java -cp CLASSPATH PretrainStep.java MODEL PRECISION BATCH MASK_RATIO DECODER_DEPTH STEPS DEVICE
 * </pre>
 *
 * Images lie ready in memory, and a thread draws the masks of the next step, as those of a loader
 * do. Prints images per second of each step after the warm-up, and images per second of processor
 * time of all these steps together. A mask ratio of 0 leaves one patch out: without any there would
 * be no loss.
 */
final class PretrainStep {
  private static final int WARM_UP = 5;

  private PretrainStep() {}

  public static void main(String[] args) throws Exception {
    boolean micro = args[0].equals("vit_micro_patch4_28");
    VitConfig vit = micro ? VitConfig.micro4() : VitConfig.small16();
    int depth = Integer.parseInt(args[4]);
    DecoderConfig decoder = micro ? new DecoderConfig(64, depth, 4, 4) : DecoderConfig.paper(depth);
    Precision precision = Precision.valueOf(args[1].toUpperCase(Locale.ROOT));
    int batch = Integer.parseInt(args[2]);
    double ratio = Double.parseDouble(args[3]);
    int steps = Integer.parseInt(args[5]);
    int n = vit.numPatches();
    int keep = ratio == 0 ? n - 1 : RandomMask.keep(n, ratio);
    Normalization statistics =
        new Normalization(
            Collections.nCopies(vit.channels(), 0.5), Collections.nCopies(vit.channels(), 0.25));
    Program program =
        new MaskedAutoencoder(
                new VisionTransformer(vit, statistics), decoder, keep, Objective.paper())
            .program();
    Numerics numerics = Numerics.plain().withPrecision(precision);
    StringBuilder rates = new StringBuilder();
    ExecutorService loader = Executors.newSingleThreadExecutor();
    try (Trainee trainee =
        new Trainee(
            program,
            Weights.initial(program, 0),
            AdamW.pretraining(),
            numerics,
            List.of(Devices.parse(args[6])))) {
      ByteBuffer noise =
          ByteBuffer.allocateDirect(batch * vit.imageHeight() * vit.imageWidth() * vit.channels());
      byte[] bytes = new byte[noise.remaining()];
      new Random(0).nextBytes(bytes);
      noise.put(bytes).flip();
      RandomMask sampler = new RandomMask(n, keep);
      Future<Masks> next = loader.submit(() -> Masks.draw(sampler, batch, 0));
      long worked = 0;
      for (int step = 0; step < WARM_UP + steps; step++) {
        if (step == WARM_UP) {
          worked = -processorNanos();
        }
        long began = System.nanoTime();
        Masks masks = next.get();
        int following = step + 1;
        next = loader.submit(() -> Masks.draw(sampler, batch, following));
        step(trainee, vit, noise, masks, batch, step);
        if (step >= WARM_UP) {
          double seconds = (System.nanoTime() - began) / 1e9;
          rates.append(String.format(Locale.ROOT, "%.2f ", batch / seconds));
        }
      }
      double seconds = (worked + processorNanos()) / 1e9;
      rates.append(String.format(Locale.ROOT, "\n%.2f", batch * steps / seconds));
    } finally {
      loader.shutdownNow();
    }
    System.out.println(rates);
  }

  /** User and system time of all threads. */
  private static long processorNanos() {
    return ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class).getProcessCpuTime();
  }

  /** The masks of a step, as the network takes them. */
  private record Masks(
      int keep, long[] idsKeep, long[] idsRestore, float[] removed, long[] idsRemove) {

    static Masks draw(RandomMask sampler, int batch, int step) {
      int n = sampler.numPatches();
      int keep = sampler.keep();
      long[] idsKeep = new long[batch * keep];
      long[] idsRestore = new long[batch * n];
      float[] removed = new float[batch * n];
      long[] idsRemove = new long[batch * (n - keep)];
      for (int b = 0; b < batch; b++) {
        Mask mask = sampler.sample(0, step, b);
        for (int place = 0; place < keep; place++) {
          idsKeep[b * keep + place] = mask.idKeep(place);
        }
        for (int patch = 0; patch < n; patch++) {
          idsRestore[b * n + patch] = mask.idRestore(patch);
          removed[b * n + patch] = mask.removed(patch) ? 1 : 0;
          if (mask.removed(patch)) {
            idsRemove[b * (n - keep) + mask.idRestore(patch) - keep] = patch;
          }
        }
      }
      return new Masks(keep, idsKeep, idsRestore, removed, idsRemove);
    }
  }

  private static void step(
      Trainee trainee, VitConfig vit, ByteBuffer noise, Masks masks, int batch, int step) {
    int n = vit.numPatches();
    try (NDManager manager = trainee.newManager()) {
      NDArray images =
          manager.create(
              noise.duplicate(),
              new Shape(batch, vit.imageHeight(), vit.imageWidth(), vit.channels()),
              DataType.UINT8);
      float loss =
          trainee.accumulate(
              "loss",
              images,
              manager.create(masks.idsKeep(), new Shape(batch, masks.keep())),
              manager.create(masks.idsRestore(), new Shape(batch, n)),
              manager.create(masks.removed(), new Shape(batch, n)),
              manager.create(masks.idsRemove(), new Shape(batch, n - masks.keep())));
      if (!Float.isFinite(loss)) {
        throw new IllegalStateException("step " + step + ": the loss is " + loss);
      }
    }
    trainee.step(1e-4);
  }
}
