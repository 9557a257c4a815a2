package ai.lacuna.serving;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The fixture bundle-tiny: random weights, real images, and the answers of DJL. */
final class TinyBundle {
  private static final List<String> FILES =
      List.of(
          "manifest.json",
          "encoder.onnx",
          "encoder.pt",
          "classifier.onnx",
          "classifier.pt",
          "sample.safetensors");

  private final ByteBuffer sample;
  private final JsonObject header;

  private TinyBundle(ByteBuffer sample, JsonObject header) {
    this.sample = sample;
    this.header = header;
  }

  static void copyTo(Path folder) throws IOException {
    for (String file : FILES) {
      try (InputStream in = TinyBundle.class.getResourceAsStream("/fixtures/bundle-tiny/" + file)) {
        if (in == null) {
          throw new IOException(file + " is not on the test class path");
        }
        Files.copy(in, folder.resolve(file));
      }
    }
  }

  /** Reads the bundle's safetensors file; a trusted one, so that this needs no checks. */
  static TinyBundle sample(Path folder) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.wrap(Files.readAllBytes(folder.resolve("sample.safetensors")))
            .order(ByteOrder.LITTLE_ENDIAN);
    byte[] json = new byte[(int) bytes.getLong()];
    bytes.get(json);
    JsonObject header =
        JsonParser.parseString(new String(json, StandardCharsets.UTF_8)).getAsJsonObject();
    return new TinyBundle(bytes.slice().order(ByteOrder.LITTLE_ENDIAN), header);
  }

  List<Pixels> images() {
    JsonArray shape = header.getAsJsonObject("images").getAsJsonArray("shape");
    ByteBuffer bytes = bytes("images");
    List<Pixels> images = new ArrayList<>();
    int height = shape.get(1).getAsInt();
    int width = shape.get(2).getAsInt();
    int channels = shape.get(3).getAsInt();
    while (bytes.hasRemaining()) {
      byte[] image = new byte[height * width * channels];
      bytes.get(image);
      images.add(Pixels.of(height, width, channels, image));
    }
    return images;
  }

  /** A matrix by name. */
  float[][] rows(String name) {
    int width = header.getAsJsonObject(name).getAsJsonArray("shape").get(1).getAsInt();
    ByteBuffer bytes = bytes(name);
    List<float[]> rows = new ArrayList<>();
    while (bytes.hasRemaining()) {
      float[] row = new float[width];
      bytes.asFloatBuffer().get(row);
      bytes.position(bytes.position() + width * Float.BYTES);
      rows.add(row);
    }
    return rows.toArray(float[][]::new);
  }

  private ByteBuffer bytes(String name) {
    JsonArray offsets = header.getAsJsonObject(name).getAsJsonArray("data_offsets");
    int from = offsets.get(0).getAsInt();
    return sample.slice(from, offsets.get(1).getAsInt() - from).order(ByteOrder.LITTLE_ENDIAN);
  }
}
