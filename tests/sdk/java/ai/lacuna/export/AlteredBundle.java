package ai.lacuna.export;

import ai.lacuna.serving.Sha256;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/** Changes a model of an exported bundle, and what the manifest says of its bytes. */
public final class AlteredBundle {
  private AlteredBundle() {}

  /** Makes the first value of a model's last bias NaN. */
  public static void poison(Path bundle, String file) throws IOException {
    alter(
        bundle,
        file,
        graph -> {
          int last = graph.getInitializerCount() - 1;
          while (!graph.getInitializer(last).getName().endsWith("bias")) {
            last--;
          }
          TensorProto bias = graph.getInitializer(last);
          ByteBuffer bytes =
              ByteBuffer.wrap(bias.getRawData().toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
          bytes.putFloat(0, Float.NaN);
          graph.setInitializer(
              last, bias.toBuilder().setRawData(ByteString.copyFrom(bytes.array())));
        });
  }

  static void alter(Path bundle, String file, Consumer<GraphProto.Builder> change)
      throws IOException {
    Path path = bundle.resolve(file);
    byte[] before = Files.readAllBytes(path);
    ModelProto.Builder model = ModelProto.parseFrom(before).toBuilder();
    change.accept(model.getGraphBuilder());
    byte[] after = model.build().toByteArray();
    Files.write(path, after);
    Path manifest = bundle.resolve("manifest.json");
    String entry = "\"size\": %d,\n      \"sha256\": \"%s\"";
    String old = entry.formatted(before.length, Sha256.of(before));
    String text = Files.readString(manifest);
    if (!text.contains(old)) {
      throw new IOException(manifest + ": expected " + old);
    }
    Files.writeString(manifest, text.replace(old, entry.formatted(after.length, Sha256.of(after))));
  }
}
