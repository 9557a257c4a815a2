package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.finetune.FineTuneConfig;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.TestScores;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.run.Environment;
import ai.lacuna.zoo.Measurement;
import ai.lacuna.zoo.ZooResults;
import ai.lacuna.zoo.ZooStudies;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** Fine-tuning runs that differ in their seed alone, as studies of the encoder they began with. */
final class RunStudies {
  private static final String TOP1 = "top1";

  private RunStudies() {}

  /**
   * A run that was judged on test images.
   *
   * @param config what it computed
   * @param scores how it did
   * @param machine where
   */
  private record Judged(FineTuneConfig config, TestScores scores, String machine) {
    /** Equal for runs that differ in their seed alone. */
    String kind() {
      JsonObject json = JsonParser.parseString(config.toJson()).getAsJsonObject();
      json.remove("seed");
      return json + " " + scores.labelled() + " " + scores.data();
    }
  }

  /**
   * Reads the runs of an encoder.
   *
   * @param folder of the runs' directories
   * @param digest of the encoder's weights
   * @return by kind of run, in the order of their directories' names
   * @throws IOException if a file can't be read
   */
  static List<ZooStudies.Found> read(Path folder, String digest) throws IOException {
    Map<String, List<Judged>> kinds = new LinkedHashMap<>();
    for (Path run : directories(folder)) {
      if (FineTuned.isRun(run) && TestScores.find(run).isPresent()) {
        FineTuneConfig config =
            FineTuneConfig.fromJson(Files.readString(run.resolve("config.json")));
        String machine = Environment.machine(run).orElseGet(() -> ZooResults.machine(Device.cpu()));
        Judged judged = new Judged(config, TestScores.find(run).get(), machine);
        if (config.encoderSha256().equals(digest) && judged.scores().figures().containsKey(TOP1)) {
          kinds.computeIfAbsent(judged.kind(), kind -> new ArrayList<>()).add(judged);
        }
      }
    }
    if (kinds.isEmpty()) {
      throw new UsageException(
          folder
              + ": expected directories of fine-tuning runs of this encoder that were judged with"
              + " --test, found none");
    }
    return kinds.values().stream().map(RunStudies::study).toList();
  }

  private static List<Path> directories(Path folder) throws IOException {
    try (Stream<Path> children = Files.list(folder)) {
      return children.filter(Files::isDirectory).sorted().toList();
    }
  }

  private static ZooStudies.Found study(List<Judged> runs) {
    FineTuneConfig config = runs.get(0).config();
    TestScores first = runs.get(0).scores();
    FineTuneConfig.Recipe recipe = config.recipe();
    String setting =
        "%s; rates %s, base rate %s, batch %d"
            .formatted(
                recipe.plan().text(),
                recipe.rates().text(),
                recipe.baseLearningRate(),
                recipe.batchSize());
    return new ZooStudies.Found(
        method(config),
        setting,
        first.labelled(),
        new Measurement.Data(first.data(), "test", first.images()),
        runs.stream().map(run -> percent(run.scores().figures())).toList(),
        runs.stream().map(run -> run.config().seed()).toList(),
        first.command(),
        runs.stream().mapToDouble(run -> run.scores().seconds()).sum(),
        runs.get(0).machine());
  }

  private static double percent(Map<String, Double> figures) {
    return Math.round(1e4 * figures.getOrDefault(TOP1, 0.0)) / 100.0;
  }

  private static String method(FineTuneConfig config) {
    if (!config.pretrained()) {
      return "from scratch";
    }
    UnfreezePlan plan = config.recipe().plan();
    boolean all = plan.phases().stream().allMatch(p -> p.blocks() == UnfreezePlan.Phase.ALL);
    RateRule rates = config.recipe().rates();
    String rule = rates instanceof RateRule.Flat ? "one rate" : "rates " + rates.text();
    return (all ? "fine-tuned at once, " : "fine-tuned progressively, ") + rule;
  }
}
