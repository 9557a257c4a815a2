package ai.lacuna.cli;

import static ai.lacuna.cli.MainTest.assertOneLine;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Photographs;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.segment.MaskPng;
import ai.lacuna.segment.SegmenterConfig;
import ai.lacuna.serving.Pixels;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
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
    String environment = Files.readString(run.resolve("environment.json"));
    assertTrue(environment.contains("\"jpeg\": \"OpenCV 4.13.0, reduced"), environment);
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
  void segments(@TempDir Path directory) throws Exception {
    Path data = directory.resolve("data");
    ImageDataset images = Photographs.folder(data.resolve("images"), 10);
    Files.createDirectories(data.resolve("masks"));
    for (int i = 0; i < images.size(); i++) {
      Pixels image = images.get(i).pixels();
      byte[] mask = new byte[image.height() * image.width()];
      Arrays.fill(mask, mask.length / 2, mask.length, (byte) 1);
      Files.write(
          data.resolve("masks/%03d.png".formatted(i)),
          MaskPng.write(Pixels.of(image.height(), image.width(), 1, mask)));
    }
    Path run = directory.resolve("run");
    String words =
        "segment --encoder vit_micro_patch4_28.mae_fashion_mnist --device cpu --batch-size 4"
            + " --plan head@2 --jpeg reduced --data %s --out %s".formatted(data, run);
    CommandLineRun line = run(words);
    assertEquals(0, line.code(), line.err());
    String config = Files.readString(run.resolve("config.json"));
    assertEquals(JpegReading.REDUCED, SegmenterConfig.fromJson(config).augmentation().jpeg());
    String old = config.replaceFirst(",\\s*\"jpeg\": \"reduced\"", "");
    assertNotEquals(config, old);
    assertEquals(JpegReading.FULL, SegmenterConfig.fromJson(old).augmentation().jpeg());
    assertTrue(
        Files.readString(run.resolve("environment.json")).contains("OpenCV"), "no decoder named");
    assertOneLine(
        run(words + "2 --min-crop 1"), "jpeg: expected full of images that are not cropped");
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
