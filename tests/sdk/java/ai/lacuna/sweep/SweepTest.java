package ai.lacuna.sweep;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.djl.Device;
import ai.lacuna.data.HeldOut;
import ai.lacuna.monitor.Stripes;
import ai.lacuna.run.Progress;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SweepTest {
  private final Path directory;

  SweepTest(@TempDir Path directory) {
    this.directory = directory;
  }

  private static Variant variant(boolean normPixLoss) {
    return new Variant(
        Map.of("no-norm-pix", normPixLoss ? "no" : "yes"), Stripes.config(normPixLoss), "command");
  }

  private Sweep sweep() throws IOException {
    return new Sweep(directory, HeldOut.of(new Stripes(40), 0.5), "stripes", Device.cpu());
  }

  /** Fails when a run trains that should have been skipped. */
  private static final Progress NO_STEP =
      new Progress() {
        @Override
        public void onStep(Step step) {
          throw new AssertionError("trained step " + step.step());
        }
      };

  @Test
  void trainsAndScoresOnceAndSkipsWhatIsDone() throws IOException {
    Variant variant = variant(false);
    Score score = sweep().run(variant, OptionalLong.empty(), Progress.silent(), builder -> {});
    assertEquals(4, score.steps());
    assertTrue(score.validationLoss() > 0 && score.trainLoss() > 0, score.toString());
    assertTrue(score.knn() >= 0 && score.knn() <= 1, score.toString());
    assertTrue(score.linear() >= 0 && score.linear() <= 1, score.toString());
    Path run = directory.resolve("no-norm-pix=yes");
    assertTrue(Files.exists(run.resolve("config.json")));
    assertTrue(Files.exists(run.resolve("report.html")));
    assertEquals(score, sweep().run(variant, OptionalLong.empty(), NO_STEP, builder -> {}));
  }

  @Test
  void scoresARunAgainThatAnEarlierVersionScored() throws IOException {
    Variant variant = variant(false);
    OptionalLong most = OptionalLong.of(1);
    Score score = sweep().run(variant, most, Progress.silent(), builder -> {});
    Path file = directory.resolve("no-norm-pix=yes/score.json");
    String json = Files.readString(file);
    Files.writeString(file, json.replaceFirst("\"linear\": [^,]*,", ""));
    assertEquals(Optional.empty(), sweep().find(variant, most));
    Score again = sweep().run(variant, most, NO_STEP, builder -> {});
    assertEquals(score.linear(), again.linear());
    assertEquals(score.trainLoss(), again.trainLoss(), "of the run's record");
    assertEquals(score.validationLoss(), again.validationLoss());
  }

  @Test
  void scoresARunAgainThatWasNotProbedForWantOfLabels() throws IOException {
    Variant variant = variant(false);
    OptionalLong most = OptionalLong.of(1);
    HeldOut plain = HeldOut.of(new Stripes(40, List.of()), 0.5);
    Sweep without = new Sweep(directory, plain, "stripes", Device.cpu());
    Score score = without.run(variant, most, Progress.silent(), builder -> {});
    assertTrue(Double.isNaN(score.linear()), score.toString());
    assertEquals(Optional.of(score), without.find(variant, most));
    assertEquals(Optional.empty(), sweep().find(variant, most));
    Score again = sweep().run(variant, most, NO_STEP, builder -> {});
    assertTrue(again.linear() >= 0, again.toString());
    assertEquals(score.trainLoss(), again.trainLoss());
  }

  @Test
  void goesOnWithARunOfFewerSteps() throws IOException {
    Variant variant = variant(true);
    assertEquals(
        1, sweep().run(variant, OptionalLong.of(1), Progress.silent(), builder -> {}).steps());
    assertEquals(Optional.empty(), sweep().find(variant, OptionalLong.of(3)));
    assertEquals(
        3, sweep().run(variant, OptionalLong.of(3), Progress.silent(), builder -> {}).steps());
    assertEquals(3, sweep().run(variant, OptionalLong.of(2), NO_STEP, builder -> {}).steps());
  }

  /** Or a table would compare runs that were trained and judged on other images. */
  @Test
  void refusesScoresOfOtherImages() throws IOException {
    Variant variant = variant(true);
    sweep().run(variant, OptionalLong.of(1), Progress.silent(), builder -> {});
    Sweep more = new Sweep(directory, HeldOut.of(new Stripes(60), 0.5), "stripes", Device.cpu());
    String message =
        String.valueOf(
            assertThrows(
                    IllegalArgumentException.class, () -> more.find(variant, OptionalLong.of(1)))
                .getMessage());
    assertTrue(message.contains("data.images: there 20, here 30"), message);
  }

  @Test
  void refusesAFolderOfAnotherConfiguration() throws IOException {
    Variant variant = variant(true);
    sweep().run(variant, OptionalLong.of(1), Progress.silent(), builder -> {});
    Variant other = new Variant(variant.varied(), Stripes.config(false), "command");
    assertThrows(IllegalArgumentException.class, () -> sweep().find(other, OptionalLong.of(1)));
  }
}
