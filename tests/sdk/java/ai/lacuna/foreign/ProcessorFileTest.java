package ai.lacuna.foreign;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.Normalization;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What lies beside foreign weights says what is done to images. */
class ProcessorFileTest {
  private static final List<Double> HALVES = List.of(0.5, 0.5, 0.5);

  /** As ViTImageProcessor of transformers 4.57 writes it, for the fixture's 12 x 12 pixels. */
  private static final String VIT =
      """
      {"data_format": null, "do_convert_rgb": null, "do_normalize": true, "do_rescale": true,
       "do_resize": true, "image_mean": [0.5, 0.5, 0.5], "image_processor_type":
       "ViTImageProcessor", "image_std": [0.5, 0.5, 0.5], "resample": 2,
       "rescale_factor": 0.00392156862745098, "size": {"height": 12, "width": 12}}
      """;

  private static final String TIMM =
      """
      {"architecture": "vit_tiny_patch4_12", "num_classes": 5, "pretrained_cfg": {
       "crop_mode": "center", "crop_pct": 0.9, "fixed_input_size": true, "input_size": [3, 12, 12],
       "interpolation": "bilinear", "mean": [0.1, 0.2, 0.3], "std": [0.4, 0.5, 0.6]}}
      """;

  private final Path folder;

  ProcessorFileTest(@TempDir Path folder) {
    this.folder = folder;
  }

  /** A reader of a copy of a fixture, with a file beside it. */
  private ForeignWeights weights(String fixture, String beside, String text) throws IOException {
    Path file = folder.resolve(fixture);
    if (Files.notExists(file)) {
      Files.copy(Foreign.file(fixture), file);
    }
    Files.writeString(folder.resolve(beside), text);
    return ForeignWeights.of(file).heads(Foreign.HEADS).decoderHeads(Foreign.HEADS);
  }

  private ForeignWeights vit(String text) throws IOException {
    return weights("hf-vit.safetensors", "preprocessor_config.json", text);
  }

  private ForeignWeights timm(String text) throws IOException {
    return weights("timm.safetensors", "config.json", text);
  }

  @Test
  void readsThatOfHuggingFace() throws IOException {
    ForeignNetwork network = vit(VIT).read();
    assertEquals(
        new Preprocessing(
            12, 12, 3, HALVES, HALVES, Interpolation.BILINEAR, 1, Preprocessing.Fit.SQUEEZE),
        network.preprocessing());
    String notes = String.join("\n", network.notes());
    assertTrue(
        notes.contains(
            "read preprocessor_config.json beside the weights: mean and std, interpolation, size,"
                + " crop"),
        notes);
    assertFalse(notes.contains("ImageNet"), notes);
  }

  @Test
  void readsThatOfTimm() throws IOException {
    Preprocessing read = timm(TIMM).read().preprocessing();
    assertEquals(
        new Preprocessing(
            12, 12, 3, List.of(0.1, 0.2, 0.3), List.of(0.4, 0.5, 0.6), Interpolation.BILINEAR, 0.9),
        read);
    Preprocessing squash =
        timm(TIMM.replace("center", "squash").replace("0.9", "1.0")).read().preprocessing();
    assertEquals(Preprocessing.Fit.SQUEEZE, squash.fit());
    ForeignNetwork other = timm(TIMM.replace("center", "squash")).read();
    assertEquals(Preprocessing.Fit.CROP, other.preprocessing().fit());
    assertTrue(
        String.join("\n", other.notes()).contains("here they keep their aspect"),
        other.notes().toString());
  }

  @Test
  void whatTheCallerSetsGoesBeforeIt() throws IOException {
    Normalization own = new Normalization(List.of(0.1, 0.1, 0.1), List.of(1.0, 1.0, 1.0));
    ForeignNetwork network =
        vit(VIT.replace(" 12", " 16")).normalization(own).imageSize(12, 12).cropFraction(1).read();
    assertEquals(
        new Preprocessing(12, 12, 3, own.mean(), own.std(), Interpolation.BILINEAR, 1),
        network.preprocessing());
    String notes = String.join("\n", network.notes());
    assertTrue(notes.contains("beside the weights: interpolation"), notes);
    assertFalse(notes.contains("interpolation, "), notes);
  }

  @Test
  void takesTheSizeThatImagesAreMadeTo() throws IOException {
    ForeignNetwork network = vit(VIT.replace(" 12", " 16")).read();
    assertEquals(16, network.vit().imageHeight());
    assertEquals(16, network.preprocessing().height());
    assertTrue(
        String.join("\n", network.notes()).contains("positions from 3 x 3 to 4 x 4 patches"),
        network.notes().toString());
  }

  /** Each size: how it is said, and what the network sees of an image. */
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "size": 12                                                      | 1        | SQUEEZE
          "size": 12, "do_center_crop": false, "crop_size": 8              | 1        | SQUEEZE
          "size": {"shortest_edge": 12}                                    | 1        | CROP
          "size": {"shortest_edge": 16}, "do_center_crop": true, "crop_size": {"height": 12, "width": 12} | 0.75 | CROP
          "size": 16, "do_center_crop": true, "crop_size": 12              | 0.75     | CROP
          "size": 16, "do_center_crop": true, "crop_size": 12, "feature_extractor_type": "DeiTFeatureExtractor" | 0.75 | CROP
          "size": {"height": 12, "width": 12}, "do_center_crop": true, "crop_size": 12 | 1 | SQUEEZE
          "do_resize": false, "size": 99                                   | 1        | CROP
          "image_processor_type": "ViTImageProcessor"                      | 1        | CROP
          """)
  void understandsEachWayToSayASize(String fields, double crop, Preprocessing.Fit fit)
      throws IOException {
    Preprocessing read = vit("{" + fields + "}").read().preprocessing();
    assertEquals(12, read.height());
    assertEquals(crop, read.cropFraction());
    assertEquals(fit, read.fit());
    assertEquals(Interpolation.BICUBIC, read.interpolation());
  }

  /** As of 224 of 235, whose quotient would round to 234. */
  @Test
  void cropsOfASideThatIsAsLongAsSaid() throws IOException {
    for (int from = 12; from < 400; from++) {
      String fields = "{\"size\": %d, \"do_center_crop\": true, \"crop_size\": 12}".formatted(from);
      double crop = vit(fields).read().preprocessing().cropFraction();
      assertEquals(from, (int) Math.floor(12 / crop));
    }
  }

  @Test
  void bringsOtherScalesToThatOfBytes() throws IOException {
    assertEquals(
        List.of(0.5, 0.5, 0.5),
        vit(VIT.replace("[0.5, 0.5, 0.5]", "[127.5, 127.5, 127.5]")
                .replace("\"do_rescale\": true", "\"do_rescale\": false"))
            .read()
            .preprocessing()
            .mean());
    Preprocessing plain =
        vit(VIT.replace("\"do_normalize\": true", "\"do_normalize\": false"))
            .read()
            .preprocessing();
    assertEquals(List.of(0.0, 0.0, 0.0), plain.mean());
    assertEquals(List.of(1.0, 1.0, 1.0), plain.std());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          {"size":                         | expected JSON, found damage
          [1]                              | expected a JSON object, found [1]
          {"image_mean": [0.5, 0.5, 0.5]}  | image_std: expected a number for each of image_mean [0.5,0.5,0.5], found nothing
          {"image_mean": "grey"}           | image_mean: expected a list of numbers, found "grey"
          {"image_mean": [0.5, null]}      | image_mean: expected a list of numbers, found [0.5,null]
          {"image_mean": [1], "image_std": [0]} | image_std: expected numbers above 0, found [0]
          {"size": {"height": 12}}         | size width: expected pixels from 1 to 16384, found nothing
          {"size": 1e99}                   | size: expected pixels from 1 to 16384, found 1e99
          {"size": {"longest_edge": 12}}   | size: expected height and width, or shortest_edge, found {"longest_edge":12}
          {"size": 12, "do_center_crop": true, "crop_size": 16} | crop_size: expected a square of at most 12 pixels, found 16
          {"resample": 1}                  | resample: expected 2 (bilinear) or 3 (bicubic), found 1
          {"do_resize": "yes"}             | do_resize: expected true or false, found "yes"
          {"rescale_factor": 0}            | rescale_factor: expected a number above 0, found 0
          """)
  void namesWhatIsWrongInThatOfHuggingFace(String text, String message) throws IOException {
    ForeignWeights weights = vit(text);
    String said = String.valueOf(assertThrows(WeightsException.class, weights::read).getMessage());
    assertTrue(said.startsWith(folder.resolve("preprocessor_config.json") + ": " + message), said);
    assertTrue(said.endsWith("mend it, or move it away and give --mean, --std and such"), said);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "pretrained_cfg": 1                  | pretrained_cfg: expected an object, found 1
          "interpolation": "random"            | pretrained_cfg interpolation: expected bicubic or bilinear, found "random"
          "input_size": [3, 12]                | pretrained_cfg input_size: expected channels, height and width, found [3,12]
          "input_size": [3, 12, 12], "crop_pct": 1.5 | pretrained_cfg crop_pct: expected a number above 0, up to 1, found 1.5
          "input_size": [3, 12, 12], "crop_mode": "border" | pretrained_cfg crop_mode: expected center or squash, found "border"
          """)
  void namesWhatIsWrongInThatOfTimm(String fields, String message) throws IOException {
    boolean whole = fields.startsWith("\"pretrained_cfg\"");
    ForeignWeights weights =
        timm("{" + (whole ? fields : "\"pretrained_cfg\": {" + fields + "}") + "}");
    String said = String.valueOf(assertThrows(WeightsException.class, weights::read).getMessage());
    assertTrue(said.startsWith(folder.resolve("config.json") + ": " + message), said);
  }

  @Test
  void refusesStatisticsOfOtherChannels() throws IOException {
    ForeignWeights grey = vit("{\"image_mean\": [0.5], \"image_std\": [0.5]}");
    String said = String.valueOf(assertThrows(WeightsException.class, grey::read).getMessage());
    assertTrue(said.contains("expected the mean of 3 channels"), said);
  }

  @Test
  void passesOverFilesOfOthers() throws IOException {
    // The configuration of a transformers model is no processor's, and vice versa.
    String notes = String.join("\n", timm("{\"model_type\": \"vit\"}").read().notes());
    assertFalse(notes.contains("beside"), notes);
    notes =
        String.join(
            "\n", weights("timm.safetensors", "preprocessor_config.json", VIT).read().notes());
    assertFalse(notes.contains("beside"), notes);
    notes = String.join("\n", weights("torchvision.pth", "config.json", TIMM).read().notes());
    assertFalse(notes.contains("beside"), notes);
  }
}
