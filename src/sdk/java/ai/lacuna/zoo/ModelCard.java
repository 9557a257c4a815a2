package ai.lacuna.zoo;

import ai.lacuna.files.FileReplacement;
import ai.lacuna.vit.VitConfig;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * An entry's model card: Markdown with the front matter of the Hugging Face hub.
 *
 * <p>Everything in it comes from the entry's files, so that equal files give an equal card.
 */
public final class ModelCard {
  /** Of a server's processor core, with its share of the machine. */
  private static final int WATTS = 10;

  private static final double SECONDS_OF_AN_HOUR = 3600;

  private final ZooEntry entry;
  private final About about;
  private final List<ZooResult> results;
  private final StringBuilder text = new StringBuilder();

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
    card.recipe();
    card.evaluation();
    card.studies();
    card.exports();
    card.picture();
    card.limits();
    card.environment();
    card.energy();
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
    line("---");
    line("license: %s", about.license().toLowerCase(Locale.ROOT));
    line("library_name: lacuna");
    line("pipeline_tag: %s", task());
    line("tags:");
    about.tags().forEach(tag -> line("- %s", quoted(tag)));
    if (!about.trainingData().hubId().equals(About.UNKNOWN)) {
      line("datasets:");
      line("- %s", about.trainingData().hubId());
    }
    if (!results.isEmpty()) {
      line("metrics:");
      new LinkedHashSet<>(results.stream().map(r -> r.measurement().figure().metric()).toList())
          .forEach(metric -> line("- %s", metric));
      line("model-index:");
      line("- name: %s", entry.name());
      line("  results:");
      results.forEach(result -> indexed(result.measurement()));
    }
    line("---");
    line("");
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
    line("  - task:");
    line("      type: image-classification");
    line("      name: %s", quoted(measurement.task() + ": " + measurement.protocol()));
    line("    dataset:");
    line("      type: %s", quoted(ownData ? about.trainingData().hubId() : dataset));
    line("      name: %s", quoted(ownData ? about.trainingData().title() : dataset));
    line("      split: %s", quoted(measurement.data().split()));
    line("    metrics:");
    line("    - type: %s", measurement.figure().metric());
    line("      value: %s", number(measurement.figure().value()));
  }

  private void opening() {
    VitConfig vit = entry.config();
    line("# %s", entry.name());
    line("");
    line("%s", about.summary());
    line("");
    line("| | |");
    line("| --- | --- |");
    row(
        "architecture",
        "ViT, width %d, %d blocks, %d heads, patches of %d x %d"
            .formatted(
                vit.embedDim(), vit.depth(), vit.numHeads(), vit.patchSize(), vit.patchSize()));
    row(
        "input",
        "%d x %d pixels, %d channel%s"
            .formatted(
                vit.imageHeight(),
                vit.imageWidth(),
                vit.channels(),
                vit.channels() == 1 ? "" : "s"));
    row("parameters", String.format(Locale.ROOT, "%,d", entry.listing().parameters()));
    row("size of all files", size());
    row("method", about.recipe().method() + ", " + about.paper());
    row("source of the weights", about.source());
    row("licence", about.license());
    line("");
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
    heading("How to use it");
    if (entry.listing().consent()) {
      line("Its licence has to be accepted once:");
      line("");
      line("```");
      line("./lacuna zoo pull %s --accept-license", entry.name());
      line("```");
      line("");
    }
    line(
        "In Java, with `ai.lacuna:lacuna-sdk`; applications of DJL give their `Criteria` the address");
    line("`djl://ai.lacuna/%s`.", entry.name());
    line("");
    line("```java");
    line("try (Encoder encoder = Zoo.load(\"%s\")) {", entry.name());
    line("  float[] features = encoder.embed(Pixels.read(Path.of(\"image.png\")));");
    line("}");
    line("```");
    line("");
    if (entry.isFineTuned()) {
      line("With its head, from the command line:");
      line("");
      line("```");
      line("./lacuna export --encoder %s --cached", entry.name());
      line("./lacuna predict --bundle %s image.png", entry.name());
      line("```");
      line("");
    }
  }

  private void use() {
    heading("Intended use");
    list(about.intendedUse());
  }

  private void trainingData() {
    About.TrainingData data = about.trainingData();
    heading("Training data");
    boolean known = data.url().startsWith("http");
    String title = known ? "[%s](%s)".formatted(data.title(), data.url()) : data.title();
    line("%s, %s, licence %s.", title, data.split(), data.license());
    line("%s", data.description());
    line("");
  }

  private void recipe() {
    heading("Recipe, and how to repeat it");
    line("```");
    line("%s", about.recipe().command());
    line("```");
    line("");
    if (!entry.hasRecipe()) {
      line("The weights are their publisher's; configuration, log and time of the run are not in");
      line("this zoo.");
      line("");
      return;
    }
    Training training = entry.training();
    line(
        "This took %s for %d epochs; the mean loss went from %s in the first to %s in the last.",
        Durations.of(training.seconds()),
        training.epochs(),
        loss(training.firstLoss()),
        loss(training.lastLoss()));
    line("`recipe.json` beside the weights holds the configuration, `train.jsonl` the log.");
    line("");
    table("setting", section(entry.isFineTuned() ? "finetune" : "pretrain"));
  }

  private void evaluation() {
    heading("Evaluation");
    if (results.isEmpty()) {
      line("No figures have been recorded for these weights.");
      line("");
      return;
    }
    line("| task | protocol | data | metric | value | time |");
    line("| --- | --- | --- | --- | --- | --- |");
    for (ZooResult result : results) {
      Measurement m = result.measurement();
      line(
          "| %s | %s | %s, %s, %,d images | %s | %s %s | %s |",
          m.task(),
          m.protocol(),
          m.data().dataset(),
          m.data().split(),
          m.data().images(),
          m.figure().metric(),
          number(m.figure().value()),
          m.figure().unit(),
          Durations.of(result.run().seconds()));
    }
    line("");
    line("The commands that give these figures, and where they were run:");
    line("");
    results.stream()
        .map(ZooResult::run)
        .map(run -> "`" + run.command() + "` (" + run.machine() + ", " + run.date() + ")")
        .distinct()
        .forEach(command -> line("- %s", command));
    line("");
  }

  private void studies() {
    List<ZooStudy> studies = entry.studies();
    if (studies.isEmpty()) {
      return;
    }
    line("Repeated with several seeds, accuracy (mean ± standard deviation) by the number of");
    line("labelled images:");
    line("");
    text.append(StudyTable.of(studies));
    line("");
    for (ZooStudy study : studies) {
      line(
          "- %s, %,d labelled images: %s; %s, %s, %,d images; `%s` (the first seed; %s, %s)",
          study.method(),
          study.labels(),
          study.particulars(),
          study.data().dataset(),
          study.data().split(),
          study.data().images(),
          study.run().command(),
          study.run().machine(),
          study.run().date());
    }
    line("");
  }

  private void exports() {
    List<ZooExport> exports = entry.listing().exports();
    if (exports.isEmpty()) {
      return;
    }
    line("### Exports");
    line("");
    line(
        "| runtime | file | MB | largest difference from DJL | one image | %d images |",
        exports.get(0).batch());
    line("| --- | --- | --- | --- | --- | --- |");
    for (ZooExport export : exports) {
      line(
          "| %s | `%s` | %.1f | %.1e | %.1f ms | %.0f ms |",
          export.runtime(),
          export.file(),
          export.bytes() / 1e6,
          export.maxAbsError(),
          export.milliseconds(),
          export.batchMilliseconds());
    }
    line("");
    ZooResult.Run run = exports.get(0).run();
    line("`%s` (%s, %s); features, median times.", run.command(), run.machine(), run.date());
    line("");
  }

  private void picture() {
    if (entry.picture().isEmpty()) {
      return;
    }
    line("### Reconstructions");
    line("");
    line("Test images, what the encoder saw of them, and what the decoder made of that:");
    line("");
    line("![Original, masked and reconstructed images](%s.png)", entry.name());
    line("");
  }

  /** Processor hours times an assumed power; nobody has measured it. */
  private void energy() {
    if (!entry.hasRecipe()) {
      return;
    }
    String processors = section("environment").getOrDefault("processors", "");
    if (!processors.matches("[0-9]{1,4}")) {
      return;
    }
    double hours = Integer.parseInt(processors) * entry.training().seconds() / SECONDS_OF_AN_HOUR;
    line(
        "Energy, an estimate: %s for %s processors are %.1f processor hours; at %d W each, which is",
        Durations.of(entry.training().seconds()), processors, hours, WATTS);
    line("assumed and was not measured, %.3f kWh for training.", hours * WATTS / 1000);
    line("");
  }

  private void limits() {
    heading("Limits and bias");
    list(about.limits());
  }

  private void environment() {
    heading("Environment and energy of the training");
    if (entry.hasRecipe()) {
      table("part", section("environment"));
    } else {
      line("Its publisher's; not recorded in this zoo.");
      line("");
    }
  }

  private void closing() {
    heading("Licence");
    line(
        "The weights: %s. The training data: %s.", about.license(), about.trainingData().license());
    line("");
    heading("Citation");
    line("The method: %s. The data: %s.", about.paper(), about.trainingData().url());
  }

  /** One object of {@code recipe.json}, flattened to dotted names. */
  private Map<String, String> section(String name) {
    try {
      JsonObject recipe = JsonParser.parseString(entry.recipe()).getAsJsonObject();
      Map<String, String> flat = new LinkedHashMap<>();
      if (recipe.has(name)) {
        recipe.getAsJsonObject(name).asMap().forEach((key, value) -> flatten(key, value, flat));
      }
      return flat;
    } catch (JsonParseException | IllegalStateException | ClassCastException e) {
      throw new ZooException(
          entry.name() + ": recipe.json: expected objects: " + e.getMessage(), e);
    }
  }

  private static void flatten(String name, JsonElement value, Map<String, String> flat) {
    if (value instanceof JsonObject object) {
      object.asMap().forEach((key, inner) -> flatten(name + "." + key, inner, flat));
    } else {
      flat.put(name, value.isJsonPrimitive() ? value.getAsString() : value.toString());
    }
  }

  private void table(String what, Map<String, String> rows) {
    line("| %s | value |", what);
    line("| --- | --- |");
    rows.forEach(this::row);
    line("");
  }

  private void row(String name, String value) {
    line("| %s | %s |", name, value.replace("|", "\\|"));
  }

  private void heading(String title) {
    line("## %s", title);
    line("");
  }

  private void list(List<String> sentences) {
    sentences.forEach(sentence -> line("- %s", sentence));
    line("");
  }

  private void line(String format, Object... values) {
    text.append(String.format(Locale.ROOT, format, values)).append('\n');
  }

  /** A JSON string is a YAML string too. */
  private static String quoted(String text) {
    return new JsonPrimitive(text).toString();
  }

  private static String number(double value) {
    return String.format(Locale.ROOT, "%.2f", value);
  }

  private static String loss(double value) {
    return String.format(Locale.ROOT, "%.4f", value);
  }
}
