package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.VitConfig;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An entry's model card: Markdown with the front matter of the Hugging Face hub.
 *
 * <p>Everything in it comes from the entry's files, so that equal files give an equal card.
 */
public final class ModelCard {
  /** What needs no quotes in YAML: no sign with a meaning there, and no number or date. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_./+-]*");

  /** Words that YAML 1.1 takes for other things than text. */
  private static final Set<String> WORDS =
      Set.of("true", "false", "yes", "no", "on", "off", "y", "n", "null");

  private final ZooEntry entry;
  private final About about;
  private final List<ZooResult> results;
  private final CardText text = new CardText();

  private ModelCard(ZooEntry entry) {
    this.entry = entry;
    this.about = entry.listing().about();
    this.results = entry.results();
  }

  /**
   * Writes the card of an entry.
   *
   * @param entry the entry
   * @return Markdown
   * @throws ZooException if the entry's files are damaged
   */
  public static String of(ZooEntry entry) {
    ModelCard card = new ModelCard(entry);
    card.frontMatter();
    card.opening();
    card.use();
    card.trainingData();
    CardTraining training = new CardTraining(entry, card.text);
    training.recipe();
    CardFigures figures = new CardFigures(entry, card.text);
    figures.evaluation();
    figures.studies();
    figures.exports();
    figures.picture();
    card.limits();
    training.environment();
    training.energy();
    card.closing();
    return card.text.toString();
  }

  /**
   * Writes the card of every entry of a zoo.
   *
   * @param zoo the zoo's folder
   * @param cards the folder of the cards, {@code NAME.md} each
   * @return the files
   * @throws ZooException if an entry's files are damaged
   * @throws IOException if a card cannot be written
   */
  public static List<Path> writeAll(Path zoo, Path cards) throws IOException {
    List<Path> files = new ArrayList<>();
    for (ZooEntry entry : Zoo.at(zoo).list()) {
      Path file = cards.resolve(entry.name() + ".md");
      FileReplacement.write(file, of(entry));
      files.add(file);
      if (entry.picture().isPresent()) {
        Path picture = cards.resolve(entry.name() + ".png");
        FileReplacement.write(picture, entry.picture().get());
        files.add(picture);
      }
    }
    return files;
  }

  private void frontMatter() {
    text.line("---");
    text.line("license: %s", scalar(about.license().toLowerCase(Locale.ROOT)));
    text.line("library_name: lacuna");
    text.line("pipeline_tag: %s", task());
    text.line("tags:");
    about.tags().forEach(tag -> text.line("- %s", quoted(tag)));
    if (!about.trainingData().hubId().equals(About.UNKNOWN)) {
      text.line("datasets:");
      text.line("- %s", scalar(about.trainingData().hubId()));
    }
    if (!results.isEmpty()) {
      text.line("metrics:");
      new LinkedHashSet<>(results.stream().map(r -> r.measurement().figure().metric()).toList())
          .forEach(metric -> text.line("- %s", scalar(metric)));
      text.line("model-index:");
      text.line("- name: %s", scalar(entry.name()));
      text.line("  results:");
      results.forEach(result -> indexed(result.measurement()));
    }
    text.line("---");
    text.line("");
  }

  /** The hub's name of what it does; it has none for values. */
  private String task() {
    return switch (entry.listing().target()) {
      case CLASSES, LABELS -> "image-classification";
      case VALUES, NONE -> "image-feature-extraction";
    };
  }

  private void indexed(Measurement measurement) {
    String dataset = measurement.data().dataset();
    boolean ownData = dataset.equals(about.trainingData().name());
    text.line("  - task:");
    text.line("      type: image-classification");
    text.line("      name: %s", quoted(measurement.task() + ": " + measurement.protocol()));
    text.line("    dataset:");
    text.line("      type: %s", quoted(ownData ? about.trainingData().hubId() : dataset));
    text.line("      name: %s", quoted(ownData ? about.trainingData().title() : dataset));
    text.line("      split: %s", quoted(measurement.data().split()));
    text.line("    metrics:");
    text.line("    - type: %s", scalar(measurement.figure().metric()));
    text.line("      value: %s", CardText.number(measurement.figure().value()));
  }

  private void opening() {
    VitConfig vit = entry.config();
    text.line("# %s", entry.name());
    text.line("");
    text.line("%s", about.summary());
    text.line("");
    text.line("| | |");
    text.line("| --- | --- |");
    text.row(
        "architecture",
        "ViT, width %s, %s, %s, patches of %s x %s"
            .formatted(
                vit.embedDim(),
                Counted.of(vit.depth(), "block"),
                Counted.of(vit.numHeads(), "head"),
                vit.patchSize(),
                vit.patchSize()));
    text.row(
        "input",
        "%s x %s pixels, %s"
            .formatted(vit.imageHeight(), vit.imageWidth(), Counted.of(vit.channels(), "channel")));
    text.row("parameters", String.format(Locale.ROOT, "%,d", entry.listing().parameters()));
    text.row("size of all files", size());
    text.row("method", about.recipe().method() + ", " + about.paper());
    text.row("source of the weights", about.source());
    text.row("licence", about.license());
    text.line("");
    howToUse();
  }

  /** What its publisher says of sizes. */
  private String size() {
    String megabytes = ZooTable.size(entry.listing());
    if (megabytes.equals(ZooTable.UNKNOWN)) {
      return "not said by its publisher";
    }
    return megabytes.endsWith("+")
        ? "at least " + megabytes.substring(0, megabytes.length() - 1) + " MB"
        : megabytes + " MB";
  }

  private void howToUse() {
    text.heading("How to use it");
    if (entry.listing().consent()) {
      text.line("Its licence has to be accepted once:");
      text.line("");
      text.line("```");
      text.line("./lacuna zoo pull %s --accept-license", entry.name());
      text.line("```");
      text.line("");
    }
    text.line(
        "In Java, with `ai.lacuna:lacuna-sdk`; applications of DJL give their `Criteria` the address");
    text.line("`djl://ai.lacuna/%s`.", entry.name());
    text.line("");
    text.line("```java");
    text.line("try (Encoder encoder = Zoo.load(\"%s\")) {", entry.name());
    text.line("  float[] features = encoder.embed(Pixels.read(Path.of(\"image.png\")));");
    text.line("}");
    text.line("```");
    text.line("");
    if (entry.isFineTuned()) {
      text.line("With its head, from the command line:");
      text.line("");
      text.line("```");
      text.line("./lacuna export --encoder %s --cached", entry.name());
      text.line("./lacuna predict --bundle %s image.png", entry.name());
      text.line("```");
      text.line("");
    }
  }

  private void use() {
    text.heading("Intended use");
    text.list(about.intendedUse());
  }

  private void trainingData() {
    About.TrainingData data = about.trainingData();
    text.heading("Training data");
    boolean known = data.url().startsWith("http");
    String title = known ? "[%s](%s)".formatted(data.title(), data.url()) : data.title();
    text.line("%s, %s, licence %s.", title, data.split(), data.license());
    text.line("%s", data.description());
    text.line("");
  }

  private void limits() {
    text.heading("Limits and bias");
    text.list(about.limits());
  }

  private void closing() {
    text.heading("Licence");
    text.line(
        "The weights: %s. The training data: %s.", about.license(), about.trainingData().license());
    text.line("");
    text.heading("Citation");
    text.line("The method: %s. The data: %s.", about.paper(), about.trainingData().url());
  }

  /** Text as it is where YAML reads it as the same text, else in quotes. */
  private static String scalar(String text) {
    boolean plain = PLAIN.matcher(text).matches() && !WORDS.contains(text.toLowerCase(Locale.ROOT));
    return plain ? text : quoted(text);
  }

  /** A JSON string is a YAML string too. */
  private static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }
}
