package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.monitor.PictureGrid;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Reconstructions;
import ai.lacuna.serving.Pixels;
import ai.lacuna.zoo.ZooEntry;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

/** What an entry makes of a few test images that it sees a part of: a picture for its card. */
final class EntryPicture {
  private static final int IMAGES = 8;
  private static final long SEED = 1;

  private EntryPicture() {}

  /**
   * Draws originals, what is seen of them, and reconstructions.
   *
   * @param entry with its decoder and the configuration of its pretraining
   * @param data whose test images are drawn
   * @return a PNG
   */
  static byte[] draw(ZooEntry entry, String data) throws IOException {
    PretrainConfig config =
        PretrainConfig.fromJson(
            JsonParser.parseString(entry.recipe()).getAsJsonObject().get("pretrain").toString());
    ImageDataset test = LabelledData.open(data).test();
    List<Pixels> images = new ArrayList<>();
    for (int i = 0; i < Math.min(IMAGES, test.size()); i++) {
      images.add(entry.preprocessing().apply(test.get(i).pixels()));
    }
    try (Reconstructions pictures =
        new Reconstructions(config, entry.autoencoder().orElseThrow().weights(), Device.cpu())) {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(PictureGrid.of(pictures.of(images, SEED)).toBufferedImage(), "png", png);
      return png.toByteArray();
    }
  }
}
