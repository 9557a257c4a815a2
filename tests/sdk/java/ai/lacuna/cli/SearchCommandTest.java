package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SearchCommandTest {
  @Test
  void saysThatAnIndexIsOfImagesThatWereEmbeddedBefore(@TempDir Path folder) throws Exception {
    Path photos = Files.createDirectory(folder.resolve("photos"));
    ImageDataset images = FashionMnist.sample().train();
    for (int i = 0; i < 3; i++) {
      Path file = photos.resolve(i + ".png");
      ImageIO.write(images.get(i).pixels().toBufferedImage(), "png", file.toFile());
    }
    Path index = folder.resolve("index.safetensors");
    Path photo = photos.resolve("1.png");
    CommandLineRun first = search(photos, index, photo);
    assertEquals(0, first.code(), first.err());
    assertFalse(first.err().contains("embedded before"), first.err());
    Files.copy(photo, photos.resolve("3.png"));
    CommandLineRun second = search(photos, index, photo);
    assertTrue(second.err().contains("index.safetensors: 3 images that were"), second.err());
    assertTrue(second.err().contains("remove it to embed those of " + photos), second.err());
    assertEquals(first.out(), second.out(), "of the index");
  }

  @Test
  void refusesAFolderForAnIndexOrAnImageBeforeItEmbeds(@TempDir Path folder) throws Exception {
    Path photos = Files.createDirectory(folder.resolve("photos"));
    Path photo = photos.resolve("0.png");
    ImageIO.write(
        FashionMnist.sample().train().get(0).pixels().toBufferedImage(), "png", photo.toFile());
    Path index = folder.resolve("index.safetensors");
    CommandLineRun place = search(photos, folder, photo);
    assertEquals(2, place.code(), place.err());
    assertEquals(
        "lacuna: %s: expected a file, found a folder; check the path and its permissions%n"
            .formatted(folder),
        place.err());
    CommandLineRun query = search(photos, index, photos);
    assertEquals(2, query.code(), query.err());
    assertEquals(
        "lacuna: %s: expected an image, found a folder; give the files in it%n".formatted(photos),
        query.err());
    assertEquals("", query.out());
    assertFalse(Files.exists(index), "nothing was embedded");
  }

  private static CommandLineRun search(Path photos, Path index, Path image) {
    return CommandLineRun.of(
        "search",
        "--encoder",
        "vit_micro_patch4_28.mae_fashion_mnist",
        "--device",
        "cpu",
        "--data",
        photos.toString(),
        "--index",
        index.toString(),
        image.toString());
  }
}
