package ai.lacuna.djl;

import ai.djl.engine.Engine;
import ai.lacuna.data.FashionMnist;
import ai.lacuna.engine.Devices;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** DJL's cache in a folder of the test, and images to predict. */
final class DjlCache {
  private static final String PROPERTY = "DJL_CACHE_DIR";

  private DjlCache() {}

  /** Moves the cache; libtorch is found in the old one before. */
  static void moveTo(Path folder) {
    Engine.getEngine(Devices.ENGINE);
    System.setProperty(PROPERTY, folder.toString());
  }

  static void moveBack() {
    System.clearProperty(PROPERTY);
  }

  /** Real images of three sizes: as they are, cut, and cut narrower. */
  static List<Pixels> images() throws IOException {
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < 6; i++) {
      Pixels whole = FashionMnist.sample().test().get(i).pixels();
      images.add(
          i % 3 == 0 ? whole : i % 3 == 1 ? whole.crop(2, 3, 20, 24) : whole.crop(4, 8, 23, 9));
    }
    return images;
  }
}
