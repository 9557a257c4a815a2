package ai.lacuna.finetune;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Sample;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.oracle.ForkedJava;
import ai.lacuna.run.Checkpoint;
import ai.lacuna.run.Progress;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that dies between an epoch's checkpoint and its validation. */
class KilledValidationTest {
  private static final int HELD_OUT = 30;
  private static final int EPOCHS = 3;

  /** The same, in another JVM with another number of threads. */
  private static final double SAME = 1e-4;

  private final Path directory;

  KilledValidationTest(@TempDir Path directory) {
    this.directory = directory;
  }

  /** Images of which the first that is read twice ends the process, without any farewell. */
  private record Deadly(ImageDataset images, AtomicInteger left) implements ImageDataset {
    @Override
    public Sample get(int index) throws IOException {
      if (left.decrementAndGet() < 0) {
        Runtime.getRuntime().halt(0);
      }
      return images.get(index);
    }

    @Override
    public int size() {
      return images.size();
    }

    @Override
    public List<String> classNames() {
      return images.classNames();
    }

    @Override
    public String name() {
      return images.name();
    }
  }

  /** Dies in the validation of the second epoch. */
  static final class Killed {
    private Killed() {}

    /** Fine-tunes into the directory that is given. */
    public static void main(String[] run) throws IOException {
      Deadly images = new Deadly(heldOut(), new AtomicInteger(HELD_OUT));
      tune(Path.of(run[0]), images, Progress.silent());
      System.out.println("alive");
    }
  }

  private static ImageDataset heldOut() {
    return new Bars(HELD_OUT, 1000, false);
  }

  private static FineTuner.Result tune(Path run, ImageDataset validation, Progress progress)
      throws IOException {
    try (Encoder encoder = Bars.encoder()) {
      return FineTuner.builder(encoder, new Bars(60))
          .batchSize(12)
          .learningRate(0.1)
          .epochs(EPOCHS)
          .schedule(new RateSchedule.Constant())
          .validation(validation)
          .averageWeights(0.9)
          .run(run)
          .logEvery(1)
          .progress(progress)
          .build()
          .run();
    }
  }

  /** Loss of the held-out images after each epoch, and how often it was measured. */
  private static List<JsonObject> validations(Path run) throws IOException {
    List<JsonObject> found = new ArrayList<>();
    for (String line : Files.readAllLines(run.resolve("metrics.jsonl"))) {
      JsonObject object = JsonParser.parseString(line).getAsJsonObject();
      if (object.get("kind").getAsString().equals("validation")) {
        found.add(object);
      }
    }
    return found;
  }

  @Test
  void theEpochIsValidatedWhenTheRunGoesOn() throws IOException, InterruptedException {
    Path whole = directory.resolve("whole");
    FineTuner.Result expected = tune(whole, heldOut(), Progress.silent());
    Path killed = directory.resolve("killed");
    assertTrue(!ForkedJava.run(Killed.class, killed.toString()).contains("alive"));
    assertEquals(1, validations(killed).size());
    assertEquals(10, Checkpoint.newest(killed).orElseThrow().state().step());
    List<Progress.Epoch> inspected = new ArrayList<>();
    FineTuner.Result found =
        tune(
            killed,
            heldOut(),
            new Progress() {
              @Override
              public void onInspected(Epoch epoch, Map<String, Double> figures) {
                inspected.add(epoch);
              }
            });
    assertEquals(List.of(1, 2), inspected.stream().map(Progress.Epoch::epoch).toList());
    assertTrue(inspected.get(0).loss() > 0 && inspected.get(0).seconds() > 0);
    List<JsonObject> right = validations(whole);
    List<JsonObject> now = validations(killed);
    assertEquals(EPOCHS, now.size());
    for (int i = 0; i < EPOCHS; i++) {
      assertEquals(i, now.get(i).get("epoch").getAsInt());
      assertEquals(
          right.get(i).get("loss").getAsDouble(), now.get(i).get("loss").getAsDouble(), SAME);
    }
    assertEquals(expected.epoch(), found.epoch());
    inspected.clear();
    tune(killed, heldOut(), Progress.silent());
    assertEquals(EPOCHS, validations(killed).size()); // It is done once.
  }

  @Test
  void anEpochThatTheRecordDoesNotHaveIsValidatedToo() throws IOException {
    Path run = directory.resolve("run");
    tune(run, heldOut(), Progress.silent());
    Path metrics = run.resolve("metrics.jsonl");
    List<String> lines = Files.readAllLines(metrics);
    List<String> kept =
        lines.stream()
            .filter(line -> !line.contains("\"epoch\":" + (EPOCHS - 1) + ",\"step\":15"))
            .toList();
    assertTrue(kept.size() < lines.size());
    Files.write(metrics, kept);
    List<Double> losses = new ArrayList<>();
    tune(
        run,
        heldOut(),
        new Progress() {
          @Override
          public void onInspected(Epoch epoch, Map<String, Double> figures) {
            losses.add(epoch.loss());
          }
        });
    assertEquals(List.of(Double.NaN), losses);
    assertEquals(EPOCHS, validations(run).size());
  }
}
