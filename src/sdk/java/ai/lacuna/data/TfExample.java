package ai.lacuna.data;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.WireFormat;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What a {@code tf.train.Example} says of an image, read from its wire format.
 *
 * <p>An Example holds Features (field 1), a map (1) of names (1) to a Feature (2), which holds a
 * BytesList (1), a FloatList (2) or an Int64List (3), each a repeated field 1; numbers may be
 * packed (tensorflow/core/example/feature.proto).
 */
final class TfExample {
  private byte @Nullable [] image;
  private long label = Sample.NO_LABEL;
  private String text = "";
  private final TreeSet<String> names = new TreeSet<>();

  private TfExample() {}

  /**
   * An image with its label.
   *
   * @param label the index of its class, or {@link Sample#NO_LABEL}
   * @param text the name of its class, or empty
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  record Content(byte[] image, int label, String text) {}

  /**
   * Reads an example.
   *
   * @param where for errors
   * @throws DataException if it is none, or has no image
   */
  static Content parse(String where, byte[] bytes) {
    TfExample example = new TfExample();
    try {
      CodedInputStream in = CodedInputStream.newInstance(bytes);
      message(in, 1, () -> message(in, 1, () -> example.entry(in)));
    } catch (IOException e) {
      throw new DataException(
          "%s: expected a tf.train.Example, found other data (%s); convert the records"
              .formatted(where, e.getMessage()),
          e);
    }
    byte[] image = example.image;
    if (image == null) {
      throw new DataException(
          "%s: expected a feature 'image/encoded', found %s; convert the records"
              .formatted(where, example.names));
    }
    if (example.label < Sample.NO_LABEL || example.label > ClassNames.MOST) {
      throw new DataException(
          "%s: expected a label from 0 to %s, found %s; convert the records"
              .formatted(where, ClassNames.MOST, example.label));
    }
    return new Content(image, (int) example.label, example.text);
  }

  /** Reads a part of a message. */
  @FunctionalInterface
  private interface Part {
    void read() throws IOException;
  }

  /** Reads a message to its end; {@code part} reads what one field, a message itself, holds. */
  private static void message(CodedInputStream in, int field, Part part) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == tag(field, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        inside(in, part);
      } else {
        in.skipField(tag);
      }
    }
  }

  private static void inside(CodedInputStream in, Part part) throws IOException {
    int outer = in.pushLimit(in.readRawVarint32());
    part.read();
    in.checkLastTagWas(0);
    in.popLimit(outer);
  }

  private static int tag(int field, int type) {
    return field << 3 | type;
  }

  /** One entry of the map: its name comes first in what every writer writes. */
  private void entry(CodedInputStream in) throws IOException {
    String[] name = {""};
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == tag(1, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        name[0] = in.readString();
        names.add(name[0]);
      } else if (tag == tag(2, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        inside(in, () -> feature(in, name[0]));
      } else {
        in.skipField(tag);
      }
    }
  }

  private void feature(CodedInputStream in, String name) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == tag(1, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        inside(in, () -> message(in, name));
      } else if (tag == tag(3, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        inside(in, () -> numbers(in, name));
      } else {
        in.skipField(tag);
      }
    }
  }

  private void message(CodedInputStream in, String name) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == tag(1, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        value(name, in.readByteArray());
      } else {
        in.skipField(tag);
      }
    }
  }

  private void value(String name, byte[] value) {
    if (name.equals("image/encoded") || (name.equals("image") && image == null)) {
      image = value;
    } else if (name.equals("image/class/text")) {
      text = new String(value, StandardCharsets.UTF_8);
    }
  }

  private void numbers(CodedInputStream in, String name) throws IOException {
    for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
      if (tag == tag(1, WireFormat.WIRETYPE_VARINT)) {
        number(name, in.readInt64());
      } else if (tag == tag(1, WireFormat.WIRETYPE_LENGTH_DELIMITED)) {
        int outer = in.pushLimit(in.readRawVarint32());
        while (in.getBytesUntilLimit() > 0) {
          number(name, in.readInt64());
        }
        in.popLimit(outer);
      } else {
        in.skipField(tag);
      }
    }
  }

  private void number(String name, long number) {
    if (name.equals("image/class/label") || (name.equals("label") && label == Sample.NO_LABEL)) {
      label = number;
    }
  }
}
