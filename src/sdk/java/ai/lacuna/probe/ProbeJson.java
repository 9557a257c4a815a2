package ai.lacuna.probe;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;

/** A {@link ProbeReport} as JSON. Accuracies are shares, 0 to 1. */
final class ProbeJson {
  private static final String FORMAT = "lacuna.probe.v1";
  private static final Gson GSON =
      new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

  private ProbeJson() {}

  static String of(ProbeReport report) {
    JsonObject root = new JsonObject();
    root.addProperty("format", FORMAT);
    root.addProperty("encoder", report.encoder());
    root.addProperty("train_images", report.trainImages());
    root.addProperty("test_images", report.testImages());
    root.addProperty("mirrored", report.mirrored());
    root.addProperty("seed", report.seed());
    root.addProperty("feature_seconds", report.featureSeconds());
    root.addProperty("best_on_held_out_training_images", report.best().protocol());
    JsonArray results = new JsonArray();
    report.results().forEach(result -> results.add(result(result, report.seed())));
    root.add("results", results);
    return GSON.toJson(root) + "\n";
  }

  private static JsonObject result(ProtocolResult result, long seed) {
    JsonObject object = new JsonObject();
    object.addProperty("protocol", result.protocol());
    object.addProperty("setting", result.setting());
    object.addProperty("seconds", result.seconds());
    if (!result.trials().isEmpty()) {
      object.addProperty("held_out_accuracy", result.heldOutAccuracy());
      JsonArray trials = new JsonArray();
      for (ProtocolResult.Trial trial : result.trials()) {
        JsonObject one = new JsonObject();
        one.addProperty("setting", trial.setting());
        one.addProperty("held_out_accuracy", trial.accuracy());
        trials.add(one);
      }
      object.add("trials", trials);
    }
    result.test().ifPresent(test -> object.add("test", evaluation(test, seed)));
    if (!result.shots().isEmpty()) {
      object.add("shots", shots(result.shots()));
    }
    return object;
  }

  private static JsonObject evaluation(Evaluation test, long seed) {
    JsonObject object = new JsonObject();
    object.addProperty("images", test.images());
    object.addProperty("top1", test.top1());
    Evaluation.Interval interval = test.interval(ProbeReport.BOOTSTRAP_SAMPLES, seed);
    JsonArray ends = new JsonArray();
    ends.add(interval.low());
    ends.add(interval.high());
    object.add("top1_interval_95", ends);
    object.addProperty("top5", test.top5());
    JsonArray classes = new JsonArray();
    JsonArray confusion = new JsonArray();
    for (int label = 0; label < test.classNames().size(); label++) {
      JsonObject one = new JsonObject();
      one.addProperty("class", test.classNames().get(label));
      JsonArray row = new JsonArray();
      int images = 0;
      for (int taken = 0; taken < test.classNames().size(); taken++) {
        row.add(test.count(label, taken));
        images += test.count(label, taken);
      }
      one.addProperty("images", images);
      if (images > 0) {
        one.addProperty("accuracy", test.accuracy(label));
      }
      classes.add(one);
      confusion.add(row);
    }
    object.add("classes", classes);
    object.add("confusion", confusion);
    return object;
  }

  private static JsonArray shots(List<ProtocolResult.Shots> shots) {
    JsonArray array = new JsonArray();
    for (ProtocolResult.Shots some : shots) {
      JsonObject one = new JsonObject();
      one.addProperty("images_per_class", some.perClass());
      one.addProperty("mean", some.mean());
      if (some.accuracies().size() > 1) {
        one.addProperty("spread", some.spread());
      }
      JsonArray accuracies = new JsonArray();
      some.accuracies().forEach(accuracies::add);
      one.add("accuracies", accuracies);
      array.add(one);
    }
    return array;
  }
}
