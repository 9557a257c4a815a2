package ai.lacuna.pretrain;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.Batch;
import ai.lacuna.data.Loader;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class PaddedTrainingTest {

  private static PretrainConfig config(boolean flip) {
    PretrainConfig square = NoiseImages.config(2);
    return new PretrainConfig(
        square.vit().withImage(8, 12, 1),
        square.decoder(),
        square.normalization(),
        square.masking(),
        square.objective(),
        new PretrainConfig.Recipe(1, 0, NoiseImages.BATCH, 0.1, 0, square.recipe().adamW()),
        Augmentation.padded(flip),
        5);
  }

  @Test
  void trainsOnWhatTheNetworkWillSeeAfterItMirroredAtMost() {
    NoiseImages images = new NoiseImages();
    PretrainConfig config = config(true);
    Preprocessing after = config.preprocessing();
    int mirrored = 0;
    int size = 8 * 12;
    try (Loader loader = new TrainingBatches(config, images).open(0, 0, 1)) {
      for (Batch batch : loader) {
        for (int i = 0; i < batch.size(); i++) {
          byte[] trained = new byte[size];
          batch.images().get(i * size, trained);
          Pixels whole = after.apply(images.get((int) batch.ids()[i]).pixels());
          boolean same = Arrays.equals(whole.data(), trained);
          assertArrayEquals(same ? whole.data() : whole.flipped().data(), trained);
          mirrored += same ? 0 : 1;
        }
      }
    }
    assertTrue(mirrored > 4 && mirrored < 20, mirrored + " of 24 mirrored");
  }

  @Test
  void theConfigurationRemembersIt() {
    PretrainConfig config = config(false);
    assertEquals(config, PretrainConfig.fromJson(config.toJson()));
    assertTrue(config.toJson().contains("\"fit\": \"pad\""), config.toJson());
    String typo = config.toJson().replace("\"pad\"", "\"stretch\"");
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> PretrainConfig.fromJson(typo));
    assertTrue(
        String.valueOf(refusal.getMessage()).contains("fit: expected crop, pad or keep"),
        refusal.getMessage());
  }
}
