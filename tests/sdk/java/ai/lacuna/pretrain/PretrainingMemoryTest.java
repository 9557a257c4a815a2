package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.masking.MaskPlan;
import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.oracle.ResidentMemory;
import ai.lacuna.run.Progress;
import ai.lacuna.serving.Pixels;
import ai.lacuna.train.AdamW;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.VitConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A thousand steps of a whole run, loader and checkpoints included, leave nothing behind. */
class PretrainingMemoryTest {
  private static final int STEPS = 1000;
  private static final int EVERY = 100;
  private static final int EPOCHS = 20;
  private static final int BATCH = 16;
  private static final int IMAGES = BATCH * STEPS / EPOCHS;
  private static final String MARK = "mark ";

  /**
   * Growth between step 100 and step 1,000. A leak of a step's activations would be hundreds of
   * megabytes; the JVM's compiler was seen to take 6 to 16 MB once, before step 300.
   */
  private static final long MAX_GROWTH = 24L << 20;

  /**
   * Growth in the last 500 steps, when nothing new is compiled; seen: at most 0.6 MB. A leak of
   * nothing but the steps' images and masks, 17 kB, would show as 8 MB.
   */
  private static final long MAX_LATE_GROWTH = 4L << 20;

  /** Grey images of noise. */
  private record Noise() implements ImageDataset {
    @Override
    public int size() {
      return IMAGES;
    }

    @Override
    public Sample get(int index) {
      byte[] pixels = new byte[20 * 24];
      new Random(index).nextBytes(pixels);
      return new Sample(index, Pixels.of(20, 24, 1, pixels), Sample.NO_LABEL);
    }

    @Override
    public List<String> classNames() {
      return List.of();
    }

    @Override
    public String name() {
      return "noise";
    }
  }

  /** What runs in a JVM of its own: prints resident bytes at each hundred steps. */
  static final class Run {
    private Run() {}

    /** Pretrains into the directory that is given. */
    public static void main(String[] directory) throws IOException {
      PretrainConfig config =
          new PretrainConfig(
              new VitConfig(24, 24, 1, 4, 24, 1, 2, 4, VitConfig.Positions.SIN_COS),
              new DecoderConfig(16, 1, 2, 4),
              new Normalization(List.of(0.5), List.of(0.25)),
              MaskPlan.paper(),
              Objective.paper(),
              new PretrainConfig.Recipe(EPOCHS, 1, BATCH, 1e-3, 0, AdamW.pretraining()),
              Augmentation.paper(),
              3);
      Progress progress =
          new Progress() {
            @Override
            public void onStep(Step step) {
              System.out.println(MARK + ResidentMemory.bytes());
            }
          };
      Pretrainer.builder(config, new Noise())
          .run(Path.of(directory[0]))
          .device(Device.cpu())
          .workers(1)
          .logEvery(EVERY)
          .progress(progress)
          .build()
          .run();
    }
  }

  @Test
  void residentMemoryStaysFlatOverAThousandSteps(@TempDir Path directory) throws Exception {
    List<Long> resident =
        ForkedJava.run(Run.class, directory.resolve("run").toString()).stream()
            .filter(line -> line.startsWith(MARK))
            .map(line -> Long.valueOf(line.substring(MARK.length())))
            .toList();
    assertEquals(STEPS / EVERY, resident.size());
    long last = resident.get(resident.size() - 1);
    assertTrue(last - resident.get(0) < MAX_GROWTH, "resident bytes: " + resident);
    long late = last - resident.get(resident.size() / 2 - 1);
    assertTrue(late < MAX_LATE_GROWTH, "resident bytes: " + resident);
  }
}
