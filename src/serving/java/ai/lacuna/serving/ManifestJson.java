package ai.lacuna.serving;

import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonToken;
import java.io.IOException;
import java.io.StringReader;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** The JSON form of {@link Manifest}. */
final class ManifestJson {
  private static final String FORMAT = "lacuna-bundle";
  private static final String BATCH = "batch";
  private static final String WEIGHTS = "weights_sha256";
  private static final TypeAdapter<JsonElement> ELEMENTS =
      new GsonBuilder().create().getAdapter(JsonElement.class);

  private ManifestJson() {}

  static Manifest read(String json, String file) {
    JsonFields root = new JsonFields(file, parse(json, file));
    requireFormat(root);
    JsonFields architecture = root.object("architecture");
    Map<String, Manifest.FileEntry> files = new LinkedHashMap<>();
    JsonFields entries = root.object("files");
    for (String name : entries.keys()) {
      JsonFields entry = entries.object(name);
      files.put(name, new Manifest.FileEntry(entry.size("size"), entry.text("sha256")));
    }
    return new Manifest(
        root.text("name"),
        root.text("producer"),
        root.has(WEIGHTS) ? root.text(WEIGHTS) : "",
        new Manifest.Architecture(
            architecture.text("family"),
            architecture.integer("patch_size"),
            architecture.integer("embed_dim"),
            architecture.integer("depth"),
            architecture.integer("num_heads"),
            architecture.real("mlp_ratio"),
            architecture.integer("tokens")),
        preprocessing(root.object("preprocessing")),
        root.has("target") ? target(root) : Manifest.Target.CLASSES,
        root.list("labels", item -> JsonFields.text(root.place("labels"), item)),
        root.integer("opset"),
        files,
        root.list("outputs", item -> output(new JsonFields(root.place("outputs"), item))),
        root.list("parity", item -> parity(new JsonFields(root.place("parity"), item))),
        root.has("variants")
            ? root.list(
                "variants", item -> VariantJson.read(new JsonFields(root.place("variants"), item)))
            : List.of());
  }

  private static JsonElement parse(String json, String file) {
    JsonReader reader = new JsonReader(new StringReader(json));
    reader.setStrictness(Strictness.STRICT);
    try (reader) {
      JsonElement element = ELEMENTS.read(reader);
      if (reader.peek() != JsonToken.END_DOCUMENT) {
        throw new JsonParseException("text after the end of the object");
      }
      return element;
    } catch (IOException | JsonParseException | IllegalStateException e) {
      throw new BundleException(
          file, "JSON", String.valueOf(e.getMessage()), "export the bundle again", e);
    }
  }

  private static void requireFormat(JsonFields root) {
    String format = root.text("format");
    if (!format.equals(FORMAT)) {
      throw new BundleException(
          root.place("format"), FORMAT, format, "give the folder of a Lacuna bundle");
    }
    int version = root.integer("format_version");
    if (version != Manifest.FORMAT_VERSION) {
      throw new BundleException(
          root.place("format_version"),
          String.valueOf(Manifest.FORMAT_VERSION),
          String.valueOf(version),
          version > Manifest.FORMAT_VERSION
              ? "use a newer lacuna-serving"
              : "export the bundle again with this version");
    }
  }

  private static Manifest.Target target(JsonFields root) {
    String text = root.text("target");
    for (Manifest.Target target : Manifest.Target.values()) {
      if (word(target).equals(text)) {
        return target;
      }
    }
    throw new BundleException(
        root.place("target"),
        "classes, labels, values or pixels",
        text,
        "use a newer lacuna-serving");
  }

  private static String word(Manifest.Target target) {
    return target.name().toLowerCase(Locale.ROOT);
  }

  private static Preprocessing preprocessing(JsonFields json) {
    String interpolation = json.text("interpolation");
    try {
      return new Preprocessing(
          json.integer("height"),
          json.integer("width"),
          json.integer("channels"),
          json.list("mean", item -> JsonFields.real(json.place("mean"), item)),
          json.list("std", item -> JsonFields.real(json.place("std"), item)),
          Interpolation.valueOf(interpolation.toUpperCase(Locale.ROOT)),
          json.real("crop_fraction"),
          json.has("fit")
              ? Preprocessing.Fit.valueOf(json.text("fit").toUpperCase(Locale.ROOT))
              : Preprocessing.Fit.CROP);
    } catch (IllegalArgumentException e) {
      throw new BundleException(
          json.place("values"),
          "a valid preprocessing",
          String.valueOf(e.getMessage()),
          "export the bundle again",
          e);
    }
  }

  private static Manifest.Output output(JsonFields json) {
    List<Long> shape =
        json.list(
            "shape",
            item ->
                item.isJsonPrimitive() && BATCH.equals(item.getAsString())
                    ? Long.valueOf(-1)
                    : Long.valueOf(JsonFields.number(json.place("shape"), item)));
    return new Manifest.Output(json.text("file"), json.text("name"), shape);
  }

  private static Manifest.Parity parity(JsonFields json) {
    return new Manifest.Parity(
        json.text("reference"),
        json.text("candidate"),
        json.text("output"),
        json.integer("batch_size"),
        json.integer("images"),
        json.real("max_abs_error"),
        json.has("limit") ? json.real("limit") : Double.NaN,
        json.real("min_cosine"),
        json.real("top1_agreement"));
  }

  static String write(Manifest manifest) {
    JsonObject root = new JsonObject();
    root.addProperty("format", FORMAT);
    root.addProperty("format_version", Manifest.FORMAT_VERSION);
    root.addProperty("name", manifest.name());
    root.addProperty("producer", manifest.producer());
    if (!manifest.weightsSha256().isEmpty()) {
      root.addProperty(WEIGHTS, manifest.weightsSha256());
    }
    root.add("architecture", architecture(manifest.architecture()));
    root.add("preprocessing", preprocessing(manifest.preprocessing()));
    root.addProperty("target", word(manifest.target()));
    root.add("labels", texts(manifest.labels()));
    root.addProperty("opset", manifest.opset());
    JsonObject files = new JsonObject();
    manifest
        .files()
        .forEach(
            (name, entry) -> {
              JsonObject json = new JsonObject();
              json.addProperty("size", entry.size());
              json.addProperty("sha256", entry.sha256());
              files.add(name, json);
            });
    root.add("files", files);
    JsonArray outputs = new JsonArray();
    manifest.outputs().forEach(output -> outputs.add(output(output)));
    root.add("outputs", outputs);
    JsonArray parity = new JsonArray();
    manifest.parity().forEach(figure -> parity.add(parity(figure)));
    root.add("parity", parity);
    if (!manifest.variants().isEmpty()) {
      JsonArray variants = new JsonArray();
      manifest.variants().forEach(variant -> variants.add(VariantJson.write(variant)));
      root.add("variants", variants);
    }
    return new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create().toJson(root) + "\n";
  }

  private static JsonObject architecture(Manifest.Architecture architecture) {
    JsonObject json = new JsonObject();
    json.addProperty("family", architecture.family());
    json.addProperty("patch_size", architecture.patchSize());
    json.addProperty("embed_dim", architecture.embedDim());
    json.addProperty("depth", architecture.depth());
    json.addProperty("num_heads", architecture.numHeads());
    json.addProperty("mlp_ratio", architecture.mlpRatio());
    json.addProperty("tokens", architecture.tokens());
    return json;
  }

  static JsonObject preprocessing(Preprocessing preprocessing) {
    JsonObject json = new JsonObject();
    json.addProperty("height", preprocessing.height());
    json.addProperty("width", preprocessing.width());
    json.addProperty("channels", preprocessing.channels());
    JsonArray mean = new JsonArray();
    preprocessing.mean().forEach(mean::add);
    json.add("mean", mean);
    JsonArray std = new JsonArray();
    preprocessing.std().forEach(std::add);
    json.add("std", std);
    json.addProperty(
        "interpolation", preprocessing.interpolation().name().toLowerCase(Locale.ROOT));
    json.addProperty("crop_fraction", preprocessing.cropFraction());
    if (preprocessing.fit() != Preprocessing.Fit.CROP) {
      json.addProperty("fit", preprocessing.fit().name().toLowerCase(Locale.ROOT));
    }
    return json;
  }

  private static JsonArray texts(List<String> values) {
    JsonArray json = new JsonArray();
    values.forEach(json::add);
    return json;
  }

  private static JsonObject output(Manifest.Output output) {
    JsonObject json = new JsonObject();
    json.addProperty("file", output.file());
    json.addProperty("name", output.name());
    JsonArray shape = new JsonArray();
    for (long dimension : output.shape()) {
      if (dimension < 0) {
        shape.add(BATCH);
      } else {
        shape.add(dimension);
      }
    }
    json.add("shape", shape);
    return json;
  }

  private static JsonObject parity(Manifest.Parity parity) {
    JsonObject json = new JsonObject();
    json.addProperty("reference", parity.reference());
    json.addProperty("candidate", parity.candidate());
    json.addProperty("output", parity.output());
    json.addProperty("batch_size", parity.batchSize());
    json.addProperty("images", parity.images());
    json.addProperty("max_abs_error", parity.maxAbsError());
    if (Double.isFinite(parity.limit())) {
      json.addProperty("limit", parity.limit());
    }
    json.addProperty("min_cosine", parity.minCosine());
    json.addProperty("top1_agreement", parity.top1Agreement());
    return json;
  }
}
