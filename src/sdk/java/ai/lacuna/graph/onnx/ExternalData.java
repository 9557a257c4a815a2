package ai.lacuna.graph.onnx;

import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The file beside a model that holds its large tensors. */
final class ExternalData implements AutoCloseable {
  /** Runtimes map tensors into memory where they begin on a page. */
  private static final long PAGE = 4096;

  /** Shapes and scalars stay where shape inference can read them. */
  private static final long SMALL = 1024;

  private final String name;
  private final FileChannel channel;

  private ExternalData(String name, FileChannel channel) {
    this.name = name;
    this.channel = channel;
  }

  /** Makes an empty file. */
  static ExternalData create(Path file) throws IOException {
    return new ExternalData(
        String.valueOf(file.getFileName()),
        FileChannel.open(
            file,
            StandardOpenOption.CREATE,
            StandardOpenOption.TRUNCATE_EXISTING,
            StandardOpenOption.WRITE));
  }

  /** Whether a tensor is large enough. */
  boolean isWorthwhile(OnnxTensors.Entry entry) {
    return entry.bytes() >= SMALL;
  }

  /** Writes a tensor; gives what the model says of it. */
  TensorProto add(String tensor, OnnxTensors.Entry entry) throws IOException {
    long offset = (channel.position() + PAGE - 1) / PAGE * PAGE;
    channel.position(offset);
    ByteBuffer content = entry.content().get();
    while (content.hasRemaining()) {
      channel.write(content);
    }
    return entry
        .proto(tensor)
        .setDataLocation(TensorProto.DataLocation.EXTERNAL)
        .addExternalData(property("location", name))
        .addExternalData(property("offset", String.valueOf(offset)))
        .addExternalData(property("length", String.valueOf(entry.bytes())))
        .build();
  }

  private static StringStringEntryProto property(String key, String value) {
    return StringStringEntryProto.newBuilder().setKey(key).setValue(value).build();
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
