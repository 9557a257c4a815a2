package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Photographs;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.pretrain.PretrainConfig;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code --jpeg reduced} from the command line. */
class ReducedJpegTest {

  @Test
  void trainsReplaysAndRefusesToGoOnInFull(@TempDir Path directory) throws Exception {
    Photographs.folder(directory.resolve("data"), 24);
    Path run = directory.resolve("run");
    String words =
        "pretrain --device cpu --batch-size 8 --epochs 2 --log-every 1 --data %s --out %s"
            .formatted(directory.resolve("data"), run);
    CommandLineRun line = run(words + " --jpeg reduced --max-steps 5");
    assertEquals(0, line.code(), line.err());
    PretrainConfig config = PretrainConfig.fromJson(Files.readString(run.resolve("config.json")));
    assertEquals(JpegReading.REDUCED, config.augmentation().jpeg());
    CommandLineRun replay = run("replay --step 4 --run " + run);
    assertEquals(0, replay.code(), replay.err());
    assertTrue(replay.out().contains("bit for bit"), replay.out());
    CommandLineRun full = run(words);
    assertEquals(2, full.code());
    assertTrue(
        full.err().contains("augmentation.jpeg: there \"reduced\", here \"full\""), full.err());
  }

  @Test
  void fineTunesAndReadsConfigurationsOfEarlierVersions(@TempDir Path directory) throws Exception {
    for (String part : new String[] {"train/a", "train/b", "test/a", "test/b"}) {
      Photographs.folder(directory.resolve("data").resolve(part), 4);
    }
    Path run = directory.resolve("run");
    CommandLineRun line =
        run(
            "finetune --encoder vit_micro_patch4_28.mae_fashion_mnist --device cpu --batch-size 4"
                + " --plan head@1 --jpeg reduced --data %s --out %s"
                    .formatted(directory.resolve("data"), run));
    assertEquals(0, line.code(), line.err());
    String config = Files.readString(run.resolve("config.json"));
    assertEquals(JpegReading.REDUCED, FineTuneConfig.fromJson(config).augmentation().jpeg());
    String old = config.replaceFirst(",\\s*\"jpeg\": \"reduced\"", "");
    assertNotEquals(config, old);
    assertEquals(JpegReading.FULL, FineTuneConfig.fromJson(old).augmentation().jpeg());
    String other = config.replace("\"reduced\"", "\"half\"");
    assertThrows(IllegalArgumentException.class, () -> FineTuneConfig.fromJson(other));
  }

  @Test
  void isOfCropsOnly(@TempDir Path directory) {
    String pretrain = "pretrain --data fashion-mnist-sample --device cpu --out " + directory;
    assertOneLine(
        run(pretrain + "/a --jpeg reduced --fit pad"),
        "jpeg: expected full of images that are padded");
    assertOneLine(run(pretrain + "/a --jpeg half"), "--jpeg: expected ");
    assertOneLine(
        run(
            "finetune --encoder vit_micro_patch4_28.mae_fashion_mnist --data fashion-mnist-sample"
                + " --device cpu --min-crop 1 --jpeg reduced --out "
                + directory),
        "jpeg: expected full of images that are not cropped");
  }

  private static CommandLineRun run(String words) {
    return CommandLineRun.of(words.split(" ", -1));
  }
}
