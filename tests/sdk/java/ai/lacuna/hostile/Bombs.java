package ai.lacuna.hostile;

import ai.lacuna.hostile.Deflated.Entry;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/** Small files that ask for gigabytes of memory or for minutes of time. */
final class Bombs {
  private static final long TEN_GIGABYTES = 640L << 24;

  private final Map<String, Maker> makers = new LinkedHashMap<>();

  /** Writes a bomb. */
  @FunctionalInterface
  interface Maker {
    void write(OutputStream out) throws IOException;
  }

  /** All of them by name; what stands before the first blank is the reader that is meant. */
  static Map<String, Maker> all() {
    Bombs bombs = new Bombs();
    bombs.torchZips();
    bombs.pickles();
    bombs.stackedPickles();
    bombs.safetensors();
    bombs.gzips();
    bombs.bundles();
    return bombs.makers;
  }

  private void add(String name, Maker maker) {
    makers.put(name, maker);
  }

  private void add(String name, byte[] file) {
    add(name, out -> out.write(file));
  }

  private static byte[] latin(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Entry pickle(String program) {
    return Entry.stored("a/data.pkl", latin("\u0080\u0002" + program + "."));
  }

  private void torchZips() {
    Entry good = pickle("}");
    add("torch deflated pickle", Deflated.zip(Entry.deflatedZeros("a/data.pkl", TEN_GIGABYTES)));
    add(
        "torch deflated storage",
        Deflated.zip(good, Entry.deflatedZeros("a/data/0", TEN_GIGABYTES)));
    byte[] nested = Deflated.zip(Entry.deflatedZeros("a/data.pkl", TEN_GIGABYTES));
    for (int level = 0; level < 6; level++) {
      nested = Deflated.zip(new Entry("a/data.pkl", 8, 0, 0, nested, nested.length * 900L));
    }
    add("torch zip in zip in zip", nested);
    Entry zeros = Entry.stored("a/data/0", new byte[1 << 16]);
    add("torch records that overlap", overlapping(zeros, 2, 0));
    add("torch a thousand records over one kernel", overlapping(zeros, 1_000, 0));
    add("torch records that quote each other's headers", overlapping(zeros, 1_000, 31));
    add(
        "torch record of 4 GB in a kilobyte",
        Deflated.zip(new Entry("a/data.pkl", 0, 0, 0, new byte[1_000], 0xfffffffeL)));
    for (long size : new long[] {1L << 62, -1L, Long.MIN_VALUE}) {
      add("torch record of " + size + " bytes by zip64", zip64Record(size));
    }
    add(
        "torch directory of 65,535 records that holds one",
        withEnd(Deflated.zip(good), 65_535, -1));
    add("torch directory of 2 GB", withEnd(Deflated.zip(good), 1, Integer.MAX_VALUE));
    add("torch directory of 2^40 records by zip64", zip64End(1L << 40, 1L << 40));
    add("torch 300,000 empty records", manyRecords());
    add(
        "torch encrypted",
        Deflated.zip(new Entry("a/data.pkl", 8, 1, 0, Deflated.zeros(1 << 24), 1 << 24)));
    for (int method : new int[] {9, 12, 14, 93, 95}) {
      add(
          "torch packed by method " + method,
          Deflated.zip(new Entry("a/data.pkl", method, 0, 0, new byte[100], 0x7fffffff)));
    }
  }

  /** Central entries of different names whose headers lie at the same place, or a few bytes on. */
  private static byte[] overlapping(Entry kernel, int count, int step) {
    byte[] one = Deflated.zip(kernel);
    int start = 30 + kernel.name().length() + kernel.packed().length;
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    zip.write(one, 0, start);
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      byte[] name = latin("a/data/" + i);
      directory.writeBytes(Deflated.central(kernel, name, (long) i * step));
      directory.writeBytes(name);
    }
    zip.writeBytes(directory.toByteArray());
    zip.writeBytes(Deflated.end(count, directory.size(), start));
    return zip.toByteArray();
  }

  private static byte[] withEnd(byte[] zip, int count, int length) {
    ByteBuffer end = ByteBuffer.wrap(zip).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    int at = zip.length - 22;
    end.putShort(at + 8, (short) count).putShort(at + 10, (short) count);
    if (length >= 0) {
      end.putInt(at + 12, length);
    }
    return zip;
  }

  private static byte[] zip64Record(long size) {
    byte[] name = latin("a/data.pkl");
    ByteBuffer extra = ByteBuffer.allocate(20).order(java.nio.ByteOrder.LITTLE_ENDIAN);
    extra.putShort((short) 1).putShort((short) 16).putLong(size).putLong(size);
    Entry entry = new Entry("a/data.pkl", 0, 0, 0, new byte[0], 0xffffffffL);
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    zip.writeBytes(
        Deflated.record(30, 0x04034b50)
            .putInt(18, -1)
            .putInt(22, -1)
            .putShort(26, (short) name.length)
            .putShort(28, (short) 20)
            .array());
    zip.writeBytes(name);
    zip.writeBytes(extra.array());
    int start = zip.size();
    byte[] central = Deflated.central(entry, name, 0);
    ByteBuffer.wrap(central)
        .order(java.nio.ByteOrder.LITTLE_ENDIAN)
        .putInt(20, -1)
        .putShort(30, (short) 20);
    zip.writeBytes(central);
    zip.writeBytes(name);
    zip.writeBytes(extra.array());
    zip.writeBytes(Deflated.end(1, zip.size() - start, start));
    return zip.toByteArray();
  }

  private static byte[] zip64End(long count, long length) {
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    zip.writeBytes(Arrays.copyOf(Deflated.zip(pickle("}")), 100));
    int at = zip.size();
    zip.writeBytes(
        Deflated.record(56, 0x06064b50)
            .putLong(4, 44)
            .putLong(24, count)
            .putLong(32, count)
            .putLong(40, length)
            .putLong(48, at - length)
            .array());
    zip.writeBytes(Deflated.record(20, 0x07064b50).putLong(8, at).putInt(16, 1).array());
    zip.writeBytes(Deflated.end(0xffff, 0xffffffffL, 0xffffffffL));
    return zip.toByteArray();
  }

  private static byte[] manyRecords() {
    int count = 300_000;
    Entry empty = Entry.stored("a/data/0", new byte[0]);
    ByteArrayOutputStream zip = new ByteArrayOutputStream();
    ByteArrayOutputStream directory = new ByteArrayOutputStream();
    for (int i = 0; i < count; i++) {
      byte[] name = latin("a/" + i);
      directory.writeBytes(Deflated.central(empty, name, zip.size()));
      directory.writeBytes(name);
      zip.writeBytes(Deflated.record(30, 0x04034b50).putShort(26, (short) name.length).array());
      zip.writeBytes(name);
    }
    int start = zip.size();
    zip.writeBytes(directory.toByteArray());
    int at = zip.size();
    zip.writeBytes(
        Deflated.record(56, 0x06064b50)
            .putLong(4, 44)
            .putLong(24, count)
            .putLong(32, count)
            .putLong(40, directory.size())
            .putLong(48, start)
            .array());
    zip.writeBytes(Deflated.record(20, 0x07064b50).putLong(8, at).putInt(16, 1).array());
    zip.writeBytes(Deflated.end(0xffff, 0xffffffffL, 0xffffffffL));
    return zip.toByteArray();
  }

  private static String text(String value) {
    return "X" + (char) (value.length() & 0xff) + (char) (value.length() >> 8) + "\0\0" + value;
  }

  private static String int32(int value) {
    return ""
        + (char) (value & 0xff)
        + (char) (value >> 8 & 0xff)
        + (char) (value >> 16 & 0xff)
        + (char) (value >>> 24);
  }

  private void addPickle(String name, String program, int storage) {
    add(
        "torch " + name,
        out ->
            out.write(
                Deflated.zip(pickle(program), Entry.stored("a/data/0", new byte[4 * storage]))));
  }

  /** A view of storage 0. */
  private static String view(long numel, String shape, String stride) {
    return "ctorch._utils\n_rebuild_tensor_v2\n(("
        + text("storage")
        + "ctorch\nFloatStorage\n"
        + text("0")
        + text("cpu")
        + "J"
        + int32((int) numel)
        + "tQK\0"
        + shape
        + stride
        + "\u0089}tR";
  }

  private void pickles() {
    StringBuilder tuples = new StringBuilder("Nq\0");
    StringBuilder lists = new StringBuilder("]q\0");
    for (int i = 1; i < 200; i++) {
      tuples.append("h").append((char) (i - 1)).append("\u0086q").append((char) i);
      lists.append("]q").append((char) i).append("(").append("h").append((char) (i - 1));
      lists.append("h").append((char) (i - 1)).append("e");
    }
    addPickle("tuples that double 200 times", "}" + text("a") + tuples + "s", 1);
    addPickle("lists that double 200 times", lists.toString(), 1);
    addPickle("text of 2 GB in a few bytes", "X\u00ff\u00ff\u00ff\u007fabc", 1);
    addPickle("text of 20 MB", "}X" + int32(20_000_000) + "n".repeat(20_000_000) + "Ns", 1);
    addPickle("two million maps", "]" + "}a".repeat(2_000_000), 1);
    addPickle("marks to a great depth", "(".repeat(1_000_000), 1);
    addPickle("integer of 255 bytes", "\u008a\u00ff" + "\u00ff".repeat(255), 1);
    addPickle(
        "view of 2^31 numbers by a stride of 0",
        "}" + text("a") + view(1, "J" + int32(Integer.MAX_VALUE) + "\u0085", "K\0\u0085") + "s",
        1);
    String square = "M\0\4M\0\4\u0086";
    StringBuilder transposed = new StringBuilder("}(");
    for (int i = 0; i < 10_000; i++) {
      transposed.append(text("w" + i)).append(view(1 << 20, square, "K\1M\0\4\u0086"));
    }
    addPickle("10,000 transposed views of 4 MB", transposed + "u", 1 << 20);
  }

  private void stackedPickles() {
    String magic = "\u0080\u0002\u008a\nl\u00fc\u009cF\u00f9 j\u00a8P\u0019.";
    String version = "\u0080\u0002M\u00e9\u0003.";
    String facts = "\u0080\u0002}" + text("little_endian") + "\u0088s.";
    String root =
        "\u0080\u0002}"
            + text("a")
            + view(1 << 30, "J" + int32(1 << 30) + "\u0085", "K\1\u0085")
            + "s.";
    String keys = "\u0080\u0002]" + text("0") + "a.";
    String count = "\0\0\0@\0\0\0\0";
    add(
        "torch stacked pickles with a storage of 4 GB in a kilobyte",
        latin(magic + version + facts + root + keys + count + "\0".repeat(1_000)));
  }

  private void safetensors() {
    add("safetensors a name of 35 MB", out -> header(out, "{\"", "n", 35_000_000, "\":0}"));
    add("safetensors 35 MB of brackets", out -> header(out, "{\"a\":", "[", 35_000_000, ""));
    add("safetensors 20 MB of brackets", out -> header(out, "{\"a\":", "[", 20_000_000, ""));
    StringBuilder tensors = new StringBuilder("{");
    for (int i = 0; i < 250_000; i++) {
      tensors.append(i == 0 ? "" : ",").append('"').append(i);
      tensors.append("\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}");
    }
    add("safetensors 250,000 tensors", out -> header(out, tensors + "}", "", 0, ""));
    add(
        "safetensors a tensor of 2^62 bytes",
        out ->
            header(
                out,
                "{\"a\":{\"dtype\":\"U8\",\"shape\":[4611686018427387904],"
                    + "\"data_offsets\":[0,4611686018427387904]}}",
                "",
                0,
                ""));
  }

  private static void header(OutputStream out, String start, String part, int times, String end)
      throws IOException {
    long length = start.length() + (long) part.length() * times + end.length();
    out.write(
        ByteBuffer.allocate(8).order(java.nio.ByteOrder.LITTLE_ENDIAN).putLong(length).array());
    out.write(latin(start));
    byte[] piece = latin(part.repeat(1 << 16));
    for (int left = times; left > 0; left -= 1 << 16) {
      out.write(piece, 0, Math.min(left, 1 << 16) * part.length());
    }
    out.write(latin(end));
  }

  private static byte[] idx(int... shape) {
    ByteBuffer head = ByteBuffer.allocate(4 + 4 * shape.length).putInt(0x0800 + shape.length);
    for (int dimension : shape) {
      head.putInt(dimension);
    }
    return head.array();
  }

  private static byte[] empties(int count) {
    byte[] member = Deflated.member(new byte[0]);
    byte[] all = new byte[count * member.length];
    for (int i = 0; i < count; i++) {
      System.arraycopy(member, 0, all, i * member.length, member.length);
    }
    return all;
  }

  private static byte[] tarHeader(String name, long size, byte type) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    TarArchiveOutputStream tar = new TarArchiveOutputStream(bytes);
    tar.setBigNumberMode(TarArchiveOutputStream.BIGNUMBER_STAR);
    TarArchiveEntry entry = new TarArchiveEntry(name, type);
    entry.setSize(size);
    tar.putArchiveEntry(entry);
    return Arrays.copyOf(bytes.toByteArray(), 512);
  }

  private void gzips() {
    add(
        "idx of 2 GB",
        out -> Deflated.gzip(out, idx(Integer.MAX_VALUE / 784, 28, 28), TEN_GIGABYTES));
    add(
        "idx of 72 MB with 10 GB behind",
        out -> Deflated.gzip(out, idx(1, 8_000, 9_000), TEN_GIGABYTES));
    add(
        "idx of 784 bytes with 10 GB behind",
        out -> Deflated.gzip(out, idx(1, 28, 28), TEN_GIGABYTES));
    add("idx of 200,000 empty members", out -> out.write(empties(200_000)));
    add(
        "tar of a member of 8 GB",
        out ->
            Deflated.gzip(
                out, tarHeader("a.png", 8L << 30, TarConstants.LF_NORMAL), TEN_GIGABYTES));
    add(
        "tar of a long name of 8 GB",
        out ->
            Deflated.gzip(
                out,
                tarHeader("a.png", 8L << 30, TarConstants.LF_GNUTYPE_LONGNAME),
                TEN_GIGABYTES));
    add(
        "tar of extended headers of 8 GB",
        out ->
            Deflated.gzip(
                out,
                tarHeader("a.png", 8L << 30, TarConstants.LF_PAX_EXTENDED_HEADER_LC),
                TEN_GIGABYTES));
    add("tar of 10 GB behind its end", out -> Deflated.gzip(out, new byte[1024], TEN_GIGABYTES));
    add("tar of 200,000 empty members", out -> out.write(empties(200_000)));
  }

  private void bundles() {
    add(
        "bundle with a manifest of 10 GB",
        Deflated.zip(Entry.deflatedZeros("manifest.json", TEN_GIGABYTES)));
    String manifest =
        """
        {"format": "lacuna-bundle", "format_version": 1, "name": "a", "producer": "a",
         "architecture": {"family": "vit", "patch_size": 1, "embed_dim": 1, "depth": 1,
                          "num_heads": 1, "mlp_ratio": 1, "tokens": 2},
         "preprocessing": {"height": 1, "width": 1, "channels": 1, "mean": [0], "std": [1],
                           "interpolation": "bicubic", "crop_fraction": 1},
         "labels": [], "opset": 20, "variants": [],
         "files": {"encoder.onnx": {"size": %d, "sha256": "%s"}}, "outputs": [], "parity": []}
        """
            .formatted(TEN_GIGABYTES, "0".repeat(64));
    add(
        "bundle with a network of 10 GB",
        Deflated.zip(
            Entry.stored("manifest.json", manifest.getBytes(StandardCharsets.UTF_8)),
            Entry.deflatedZeros("encoder.onnx", TEN_GIGABYTES)));
  }

  /** Writes one into a file. */
  static void write(Maker maker, Path file) throws IOException {
    try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), 1 << 20)) {
      maker.write(out);
    }
  }

  /** The names, for a count. */
  static List<String> names() {
    return new ArrayList<>(all().keySet());
  }
}
