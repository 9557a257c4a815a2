package ai.lacuna.serving;

import com.google.gson.JsonObject;

/** The JSON form of {@link Variant}. */
final class VariantJson {
  private VariantJson() {}

  static Variant read(JsonFields json) {
    JsonFields agreement = json.object("agreement");
    JsonFields speed = json.object("speed");
    return new Variant(
        json.text("name"),
        json.size("bytes"),
        json.has("exact_blocks") ? json.integer("exact_blocks") : 0,
        new Variant.Agreement(
            agreement.text("judge"),
            agreement.integer("images"),
            agreement.real("same"),
            agreement.real("least"),
            agreement.real("mean_cosine"),
            agreement.real("min_cosine"),
            agreement.real("max_abs_error"),
            agreement.has("accuracy") ? agreement.real("accuracy") : Double.NaN),
        new Variant.Speed(
            speed.integer("threads"),
            speed.real("milliseconds"),
            speed.integer("batch"),
            speed.real("batch_milliseconds")));
  }

  static JsonObject write(Variant variant) {
    JsonObject agreement = new JsonObject();
    agreement.addProperty("judge", variant.agreement().judge());
    agreement.addProperty("images", variant.agreement().images());
    agreement.addProperty("same", variant.agreement().same());
    agreement.addProperty("least", variant.agreement().least());
    agreement.addProperty("mean_cosine", variant.agreement().meanCosine());
    agreement.addProperty("min_cosine", variant.agreement().minCosine());
    agreement.addProperty("max_abs_error", variant.agreement().maxAbsError());
    if (Double.isFinite(variant.agreement().accuracy())) {
      agreement.addProperty("accuracy", variant.agreement().accuracy());
    }
    JsonObject speed = new JsonObject();
    speed.addProperty("threads", variant.speed().threads());
    speed.addProperty("milliseconds", variant.speed().milliseconds());
    speed.addProperty("batch", variant.speed().batch());
    speed.addProperty("batch_milliseconds", variant.speed().batchMilliseconds());
    JsonObject json = new JsonObject();
    json.addProperty("name", variant.name());
    json.addProperty("bytes", variant.bytes());
    json.addProperty("exact_blocks", variant.exactBlocks());
    json.add("agreement", agreement);
    json.add("speed", speed);
    return json;
  }
}
