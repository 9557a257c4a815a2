package ai.lacuna.graph.torchscript;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** The few opcodes of pickle protocol 2 that a TorchScript archive needs. */
final class PickleWriter {
  private static final int LARGEST_BYTE = 0xff;

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  PickleWriter() {
    out.write(0x80); // PROTO
    out.write(2);
  }

  PickleWriter global(String module, String name) {
    out.write('c');
    return text(module + "\n" + name + "\n");
  }

  PickleWriter emptyTuple() {
    out.write(')');
    return this;
  }

  PickleWriter mark() {
    out.write('(');
    return this;
  }

  /** The objects since the mark as a tuple. */
  PickleWriter tuple() {
    out.write('t');
    return this;
  }

  PickleWriter emptyDict() {
    out.write('}');
    return this;
  }

  /** Pairs since the mark into the dictionary below it. */
  PickleWriter setItems() {
    out.write('u');
    return this;
  }

  PickleWriter newObject() {
    out.write(0x81); // NEWOBJ
    return this;
  }

  PickleWriter build() {
    out.write('b');
    return this;
  }

  PickleWriter reduce() {
    out.write('R');
    return this;
  }

  /** Calls persistent_load on the top of the stack. */
  PickleWriter persistentId() {
    out.write('Q');
    return this;
  }

  PickleWriter bool(boolean value) {
    out.write(value ? 0x88 : 0x89);
    return this;
  }

  PickleWriter string(String value) {
    byte[] utf8 = value.getBytes(StandardCharsets.UTF_8);
    out.write('X');
    int32(utf8.length);
    out.writeBytes(utf8);
    return this;
  }

  /** The shortest of BININT1, BININT and LONG1. */
  PickleWriter integer(long value) {
    if (value >= 0 && value <= LARGEST_BYTE) {
      out.write('K');
      out.write((int) value);
    } else if (value == (int) value) {
      out.write('J');
      int32((int) value);
    } else {
      out.write(0x8a); // LONG1
      out.write(Long.BYTES);
      int32((int) value);
      int32((int) (value >> Integer.SIZE));
    }
    return this;
  }

  byte[] stop() {
    out.write('.');
    return out.toByteArray();
  }

  private PickleWriter text(String value) {
    out.writeBytes(value.getBytes(StandardCharsets.UTF_8));
    return this;
  }

  private void int32(int value) {
    for (int shift = 0; shift < Integer.SIZE; shift += Byte.SIZE) {
      out.write(value >>> shift);
    }
  }
}
