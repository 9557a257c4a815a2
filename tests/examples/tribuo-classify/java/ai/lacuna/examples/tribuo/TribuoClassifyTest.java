package ai.lacuna.examples.tribuo;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.zoo.Zoo;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tribuo.Example;
import org.tribuo.Feature;
import org.tribuo.Model;
import org.tribuo.classification.Label;
import org.tribuo.classification.evaluation.LabelEvaluation;
import org.tribuo.classification.evaluation.LabelEvaluator;
import org.tribuo.provenance.DataProvenance;
import org.tribuo.provenance.DatasetProvenance;

class TribuoClassifyTest {
  private static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();
  private final ByteArrayOutputStream err = new ByteArrayOutputStream();

  @Test
  void learnsTheClassesOfTheDataAndRemembersWhereTheyAreFrom(@TempDir Path folder)
      throws IOException {
    LabelledData data = FashionMnist.sample();
    LabelledData few =
        new LabelledData(first(data.train(), 400, "400"), first(data.test(), 200, "200"));
    Path file = folder.resolve("clothes.tribuo");
    TribuoClassify.train(few, stream(out)).serializeToFile(file);
    Model<Label> model = Model.deserializeFromFile(file).castModel(Label.class);

    Set<String> classes =
        model.getOutputIDInfo().getDomain().stream()
            .map(Label::getLabel)
            .collect(Collectors.toSet());
    assertEquals(Set.copyOf(FashionMnist.CLASS_NAMES), classes);
    FashionMnist.CLASS_NAMES.forEach(name -> assertTrue(text(out).contains(name), text(out)));

    EmbeddingProvenance from = source(model.getProvenance().getDatasetProvenance());
    try (Encoder encoder = Zoo.load(ENCODER)) {
      LabelEvaluation judged =
          new LabelEvaluator().evaluate(model, EmbeddingSource.of(encoder, few.test()));
      assertTrue(judged.accuracy() > 0.7, "of ten classes " + judged.accuracy());
      assertTrue(text(out).contains(judged.toString().lines().toList().get(1)), text(out));
      assertEquals(few.train().fingerprint(), from.images().getValue());
      assertEquals(encoder.weights().sha256(), from.weights().getValue());
      assertEquals(ENCODER, from.encoder().getValue());
    }
  }

  @Test
  void examplesHaveTheFeaturesOfTheirImages() throws IOException {
    ImageDataset data = first(FashionMnist.sample().test(), 3, "3");
    Locale before = Locale.getDefault();
    Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
    try (Encoder encoder = Zoo.load(ENCODER)) {
      EmbeddingSource source = EmbeddingSource.of(encoder, data);
      List<Example<Label>> examples = new ArrayList<>();
      source.forEach(examples::add);
      assertEquals(3, examples.size());
      for (int i = 0; i < 3; i++) {
        Example<Label> example = examples.get(i);
        assertEquals(
            data.classNames().get(data.label(i)), example.getOutput().getLabel(), "image " + i);
        assertEquals(4 * 2 * encoder.embedDim(), example.size());
        float[] last = encoder.embed(data.get(i).pixels());
        Set<String> seen = new HashSet<>();
        for (Feature feature : example) {
          String name = feature.getName();
          assertTrue(name.matches("block[0-9]\\.(cls|mean)\\.[0-9]{3}"), name);
          if (name.startsWith("block" + (encoder.config().depth() - 1))) {
            int at = Integer.parseInt(name.substring(name.lastIndexOf('.') + 1));
            int part = name.contains(".mean.") ? encoder.embedDim() : 0;
            assertEquals(last[part + at], feature.getValue(), 1e-4, name);
            seen.add(name);
          }
        }
        assertEquals(last.length, seen.size());
      }
    } finally {
      Locale.setDefault(before);
    }
  }

  @Test
  void saysInOneLineWhatIsWrong(@TempDir Path folder) throws IOException {
    assertEquals(2, run());
    assertEquals("usage: TribuoClassify DATA [MODEL]", text(err).strip());
    assertEquals(2, run(folder.resolve("absent").toString()));
    assertTrue(text(err).contains("absent"), text(err));
    assertEquals(2, run("fashion-mnist-sample", folder.toString()));
    assertTrue(text(err).contains(folder + ": expected the name of a file"), text(err));
    // A class that has images for the test alone.
    write(folder.resolve("train/cat/a.png"));
    write(folder.resolve("train/cat/b.png"));
    Files.createDirectories(folder.resolve("train/dog"));
    write(folder.resolve("test/cat/a.png"));
    write(folder.resolve("test/dog/a.png"));
    assertEquals(2, run(folder.toString()));
    assertTrue(text(err).contains("dog"), text(err));
    assertEquals(1, text(err).lines().filter(line -> line.contains("dog")).count());
    assertEquals("", text(out));
  }

  /** What is at the bottom: the transformed data set is from the one it was made of. */
  private static EmbeddingProvenance source(DataProvenance provenance) {
    DataProvenance source = provenance;
    while (source instanceof DatasetProvenance dataset) {
      source = dataset.getSourceProvenance();
    }
    return assertInstanceOf(EmbeddingProvenance.class, source);
  }

  private static Subset first(ImageDataset data, int count, String name) {
    return Subset.of(data, IntStream.range(0, count).toArray(), name);
  }

  private static void write(Path file) throws IOException {
    Files.createDirectories(file.getParent());
    ImageIO.write(new BufferedImage(28, 28, BufferedImage.TYPE_BYTE_GRAY), "png", file.toFile());
  }

  private int run(String... args) {
    return TribuoClassify.run(args, stream(out), stream(err));
  }

  private static PrintStream stream(ByteArrayOutputStream bytes) {
    return new PrintStream(bytes, true, StandardCharsets.UTF_8);
  }

  private static String text(ByteArrayOutputStream bytes) {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
