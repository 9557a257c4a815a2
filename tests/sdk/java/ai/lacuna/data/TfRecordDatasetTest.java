package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TfRecordDatasetTest {
  private static final String FIXTURE = "tfrecord/tiny-train.tfrecord-00000-of-00002";

  private final Path folder;

  TfRecordDatasetTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static byte[] sound() throws IOException {
    return Files.readAllBytes(DataFixture.path(FIXTURE));
  }

  private TfRecordDataset open(byte[] content) throws IOException {
    return TfRecordDataset.open(List.of(file(content)));
  }

  private TfRecordDataset openUnlabelled(byte[] content) throws IOException {
    return TfRecordDataset.openUnlabelled(List.of(file(content)));
  }

  private Path file(byte[] content) throws IOException {
    return Files.write(folder.resolve("x.tfrecord"), content);
  }

  /** Check value of CRC-32C, 123456789, masked by TensorFlow's rule written another way. */
  @Test
  void masksTheChecksumAsTensorFlowDoes() {
    long crc = 0xe3069283L;
    long masked = (((crc >> 15) | (crc << 17)) + 0xa282ead8L) & 0xffffffffL;
    byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
    assertEquals((int) masked, TfRecordFile.maskedCrc(digits, digits.length));
  }

  @Test
  void rejectsEveryTruncation() throws IOException {
    byte[] file = sound();
    TfRecordFile whole = TfRecordFile.index(DataFixture.path(FIXTURE));
    List<Long> ends =
        java.util.stream.IntStream.range(0, whole.size())
            .mapToObj(i -> whole.offsets()[i] + whole.lengths()[i] + 4)
            .toList();
    for (int length = 0; length < file.length; length += step(ends, length)) {
      byte[] cut = Arrays.copyOf(file, length);
      if (ends.contains((long) length)) {
        // A file that ends behind a record is whole, as far as the format can tell.
        assertEquals(ends.indexOf((long) length) + 1, openUnlabelled(cut).size());
      } else {
        DataException e = assertThrows(DataException.class, () -> openUnlabelled(cut));
        assertTrue(e.toString().contains("x.tfrecord"), e.toString());
      }
    }
  }

  /** Every length near the end of a record, else one of 29. */
  private static int step(List<Long> ends, int length) {
    return ends.stream().anyMatch(end -> Math.abs(end - length) < 30) ? 1 : 29;
  }

  @Test
  void rejectsAWrongChecksumOfALength() throws IOException {
    for (int at = 0; at < 12; at++) {
      byte[] file = sound();
      file[at] ^= 1;
      DataException e = assertThrows(DataException.class, () -> openUnlabelled(file));
      assertTrue(e.toString().contains("record 0: expected a length with checksum"), e.toString());
    }
  }

  @Test
  void namesTheRecordWhoseDataIsDamaged() throws IOException {
    TfRecordFile whole = TfRecordFile.index(DataFixture.path(FIXTURE));
    for (long at : new long[] {whole.offsets()[1], whole.offsets()[2] - 13}) {
      byte[] file = sound();
      file[(int) at] ^= 1;
      TfRecordDataset data = openUnlabelled(file);
      assertEquals(4, data.size());
      DataException e = assertThrows(DataException.class, () -> data.get(1));
      assertTrue(e.toString().contains("record 1: expected data with checksum"), e.toString());
      assertEquals(2, data.get(2).id());
      assertThrows(DataException.class, () -> open(file));
    }
  }

  @Test
  void rejectsCompressedFilesAndStandIns() throws IOException {
    byte[] zipped = IdxDatasetTest.gzip(sound());
    DataException e = assertThrows(DataException.class, () -> open(zipped));
    assertTrue(e.toString().contains("gunzip it"), e.toString());
    assertThrows(DataException.class, () -> open(new byte[0]));
    assertThrows(DataException.class, () -> open("<html>".getBytes(StandardCharsets.UTF_8)));
    assertThrows(DataException.class, () -> TfRecordDataset.open(List.of()));
  }

  /** A record around data, with right checksums. */
  private static byte[] record(byte[] data) {
    ByteBuffer record = ByteBuffer.allocate(data.length + 16).order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(TfRecordFile.maskedCrc(record.array(), 8));
    record.put(data).putInt(TfRecordFile.maskedCrc(data, data.length));
    return record.array();
  }

  private static byte[] field(int number, byte[] content) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    CodedOutputStream coded = CodedOutputStream.newInstance(out);
    coded.writeByteArray(number, content);
    coded.flush();
    return out.toByteArray();
  }

  private static byte[] feature(String name, byte[] list) throws IOException {
    ByteArrayOutputStream entry = new ByteArrayOutputStream();
    entry.write(field(1, name.getBytes(StandardCharsets.UTF_8)));
    entry.write(field(2, list));
    return field(1, entry.toByteArray());
  }

  private static byte[] example(byte[]... features) throws IOException {
    ByteArrayOutputStream all = new ByteArrayOutputStream();
    for (byte[] feature : features) {
      all.write(feature);
    }
    return record(field(1, all.toByteArray()));
  }

  private static byte[] number(int number) throws IOException {
    return field(3, new byte[] {8, (byte) number});
  }

  private static byte[] join(byte[]... records) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] record : records) {
      out.write(record);
    }
    return out.toByteArray();
  }

  @Test
  void readsTheNamesOfTensorFlowDatasetsToo() throws IOException {
    byte[] image = field(1, field(1, TarBuilder.png(5)));
    TfRecordDataset data = open(example(feature("label", number(2)), feature("image", image)));
    assertEquals(2, data.label(0));
    assertEquals(5, TarBuilder.number(data.get(0).pixels()));
    assertEquals(List.of("0", "1", "2"), data.classNames());
  }

  @Test
  void rejectsRecordsThatAreNoImages() throws IOException {
    byte[] image = feature("image/encoded", field(1, field(1, TarBuilder.png(5))));
    byte[] label = feature("image/class/label", number(1));
    assertMessage(example(label), "expected a feature 'image/encoded', found [image/class/label]");
    assertMessage(record(new byte[] {10, 99, 1}), "expected a tf.train.Example");
    assertMessage(
        join(example(image, label), example(image)),
        "record 1: expected a feature 'image/class/label' as other records have");
    byte[] cat =
        feature("image/class/text", field(1, field(1, "cat".getBytes(StandardCharsets.UTF_8))));
    byte[] dog =
        feature("image/class/text", field(1, field(1, "dog".getBytes(StandardCharsets.UTF_8))));
    assertMessage(
        join(example(image, label, cat), example(image, label, dog)), "found 'cat' and 'dog'");
  }

  private void assertMessage(byte[] content, String part) {
    DataException e = assertThrows(DataException.class, () -> open(content));
    assertTrue(e.toString().contains(part), e.toString());
  }

  /** Whatever the bytes are, the answer is content or an error of data. */
  @Test
  void survivesFlippedBitsInsideARecord() throws IOException {
    TfRecordFile whole = TfRecordFile.index(DataFixture.path(FIXTURE));
    byte[] data = whole.read(0);
    Random random = new Random(3);
    int refused = 0;
    for (int i = 0; i < 5000; i++) {
      byte[] damaged = data.clone();
      for (int flips = 0; flips < 3; flips++) {
        damaged[random.nextInt(90)] ^= (byte) (1 << random.nextInt(8));
      }
      try {
        TfExample.parse("x", damaged);
      } catch (DataException e) {
        refused++;
      }
    }
    assertTrue(refused > 1000, refused + " refused");
  }
}
