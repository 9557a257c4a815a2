package ai.lacuna.finetune;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.augment.Mix;
import ai.lacuna.data.Batch;
import ai.lacuna.masking.Mask;
import ai.lacuna.masking.RandomMask;
import ai.lacuna.train.Part;
import ai.lacuna.vit.HeadConfig.Target;
import ai.lacuna.vit.VitConfig;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * What the network's loss takes for a batch: images, the partners that they are mixed with,
 * targets, weights and factors of residual branches. A part of a batch has the partners of the
 * whole one, so that the number of parts changes nothing.
 */
final class BatchInputs {
  private final FineTuneConfig config;
  private final Batch batch;
  private final Mix mix;
  private final double[] classWeights;
  private final double[] weights;
  private final double sum;
  private final float[][] targets;
  private final float[] dropPath;
  private final int keep;
  private final Optional<long[]> kept;

  BatchInputs(FineTuneConfig config, Targets known, double[] classWeights, int epoch, Batch batch) {
    VitConfig vit = config.vit();
    this.config = config;
    this.batch = batch;
    this.mix =
        config
            .augmentation()
            .mixing()
            .draw(config.seed(), epoch, batch.index(), vit.imageHeight(), vit.imageWidth());
    this.classWeights = classWeights;
    this.weights = new double[batch.size()];
    double total = 0;
    for (int i = 0; i < weights.length; i++) {
      int partner = Mix.partner(i, batch.size());
      weights[i] = mix.lambda() * weightOf(i) + (1 - mix.lambda()) * weightOf(partner);
      total += weights[i];
    }
    this.sum = total;
    this.targets = targets(known);
    this.dropPath =
        new DropPathFactors(config.seed(), vit.depth(), config.regularization().dropPath())
            .of(epoch, batch.ids());
    this.keep = config.keptPatches(epoch);
    this.kept = kept(epoch);
  }

  /** The patches of each image that are not left out, image by image; none if all are kept. */
  private Optional<long[]> kept(int epoch) {
    int all = config.vit().numPatches();
    if (keep == all) {
      return Optional.empty();
    }
    RandomMask sampler = new RandomMask(all, keep);
    long[] ids = new long[batch.size() * keep];
    for (int i = 0; i < batch.size(); i++) {
      Mask mask = sampler.sample(config.seed(), epoch, batch.ids()[i]);
      for (int place = 0; place < keep; place++) {
        ids[i * keep + place] = mask.idKeep(place);
      }
    }
    return Optional.of(ids);
  }

  /** What the label of an image weighs, before it is mixed. */
  private double weightOf(int image) {
    return classWeights.length == 0 ? 1 : classWeights[batch.labels()[image]];
  }

  /**
   * The share of an image's own label in its target. Labels that are mixed weigh what their classes
   * do, so that the loss is linear in them as PyTorch's with weights of classes: λ w(own) times the
   * one's and (1 − λ) w(partner) times the other's.
   */
  private double ownShare(int image) {
    return mix.lambda() * weightOf(image) / weights[image];
  }

  private float[][] targets(Targets known) {
    if (known.target() == Target.CLASSES) {
      for (int i = 0; i < batch.size(); i++) {
        known.of(batch.ids()[i], batch.labels()[i]); // Says which sample has no such class.
      }
      int classes = config.head().outputs();
      double smoothing = config.regularization().labelSmoothing();
      return classWeights.length == 0
          ? mix.targets(batch.labels(), classes, smoothing)
          : mixed(Mix.none().targets(batch.labels(), classes, smoothing));
    }
    float[][] plain = new float[batch.size()][];
    for (int i = 0; i < plain.length; i++) {
      plain[i] = config.scale().standardized(known.of(batch.ids()[i], batch.labels()[i]));
    }
    return mixed(plain);
  }

  private float[][] mixed(float[][] plain) {
    float[][] mixed = new float[plain.length][config.head().outputs()];
    for (int i = 0; i < plain.length; i++) {
      float[] partner = plain[Mix.partner(i, plain.length)];
      float own = (float) ownShare(i);
      for (int k = 0; k < mixed[i].length; k++) {
        mixed[i][k] = own * plain[i][k] + (1 - own) * partner[k];
      }
    }
    return mixed;
  }

  /** At most so many parts, of sizes that differ by at most one image. */
  List<Part> parts(int count) {
    String function = config.network().lossName(keep, isMixed());
    List<Part> parts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int from = (int) ((long) batch.size() * i / count);
      int to = (int) ((long) batch.size() * (i + 1) / count);
      if (from < to) {
        double share = 0;
        for (int k = from; k < to; k++) {
          share += weights[k] / sum;
        }
        parts.add(new Part(function, share, manager -> inputs(manager, from, to)));
      }
    }
    return parts;
  }

  private boolean isMixed() {
    return mix.lambda() < 1;
  }

  private NDArray[] inputs(NDManager manager, int from, int to) {
    VitConfig vit = config.vit();
    int height = vit.imageHeight();
    int width = vit.imageWidth();
    Shape shape = new Shape(to - from, height, width, vit.channels());
    int bytes = height * width * vit.channels();
    // A slice begins at its own address; of a mere position native code would not know.
    List<NDArray> inputs = new ArrayList<>();
    inputs.add(
        manager.create(
            batch.images().slice(from * bytes, (to - from) * bytes), shape, DataType.UINT8));
    if (isMixed()) {
      inputs.add(manager.create(partners(bytes, from, to), shape, DataType.UINT8));
      inputs.add(manager.create(shares(to - from), new Shape(to - from, height, width, 1)));
    }
    int branches = 2 * vit.depth();
    inputs.add(
        manager.create(
            Arrays.copyOfRange(dropPath, from * branches, to * branches),
            new Shape(to - from, branches)));
    kept.ifPresent(
        ids ->
            inputs.add(
                manager.create(
                    Arrays.copyOfRange(ids, from * keep, to * keep), new Shape(to - from, keep))));
    inputs.add(manager.create(rows(from, to), new Shape(to - from, config.head().outputs())));
    inputs.add(manager.create(weights(from, to), new Shape(to - from)));
    return inputs.toArray(NDArray[]::new);
  }

  /** The mix's share of the image itself in each pixel, the same for each image. */
  private float[] shares(int images) {
    float[] share = mix.weights(config.vit().imageHeight(), config.vit().imageWidth());
    float[] shares = new float[images * share.length];
    for (int i = 0; i < images; i++) {
      System.arraycopy(share, 0, shares, i * share.length, share.length);
    }
    return shares;
  }

  private float[] rows(int from, int to) {
    int outputs = config.head().outputs();
    float[] rows = new float[(to - from) * outputs];
    for (int i = from; i < to; i++) {
      System.arraycopy(targets[i], 0, rows, (i - from) * outputs, outputs);
    }
    return rows;
  }

  /** They add up to 1 in the part. */
  private float[] weights(int from, int to) {
    double part = 0;
    for (int i = from; i < to; i++) {
      part += weights[i];
    }
    float[] shares = new float[to - from];
    for (int i = from; i < to; i++) {
      shares[i - from] = (float) (weights[i] / part);
    }
    return shares;
  }

  private ByteBuffer partners(int bytes, int from, int to) {
    ByteBuffer partners = ByteBuffer.allocateDirect((to - from) * bytes);
    for (int i = from; i < to; i++) {
      partners.put(batch.images().slice(Mix.partner(i, batch.size()) * bytes, bytes));
    }
    return partners.flip();
  }
}
