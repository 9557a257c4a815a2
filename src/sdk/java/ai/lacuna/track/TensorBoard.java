package ai.lacuna.track;

import ai.lacuna.serving.Pixels;
import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;
import java.util.Map;
import java.util.function.DoubleSupplier;
import java.util.zip.CRC32C;
import javax.imageio.ImageIO;

/**
 * Writes event files that {@code tensorboard --logdir} opens: scalars and pictures.
 *
 * <p>A file is a row of TFRecords, each a protocol buffer {@code Event} (tensorflow/core/util/
 * event.proto and framework/summary.proto):
 *
 * <pre>
 *   uint64 length | uint32 masked CRC-32C of length | bytes | uint32 masked CRC-32C of bytes
 * </pre>
 *
 * <p>A run that goes on writes a new file that begins with {@code SessionLog.START}: TensorBoard
 * then forgets that step and later ones, which the stopped run had written.
 */
public final class TensorBoard implements Tracker {
  /** What TensorBoard knows its files by. */
  private static final String FILES = "events.out.tfevents.";

  private static final int MASK_DELTA = 0xa282ead8;
  private static final double MILLIS = 1e3;

  /** Field numbers of Event. */
  private static final int WALL_TIME = 1;

  private static final int STEP = 2;
  private static final int FILE_VERSION = 3;
  private static final int SUMMARY = 5;
  private static final int SESSION_LOG = 7;

  /** Field numbers of Summary and Summary.Value. */
  private static final int VALUE = 1;

  private static final int TAG = 1;
  private static final int SIMPLE_VALUE = 2;
  private static final int IMAGE = 4;

  /** Field numbers of Summary.Image. */
  private static final int HEIGHT = 1;

  private static final int WIDTH = 2;
  private static final int COLORSPACE = 3;
  private static final int ENCODED = 4;

  /** SessionLog.status and its value START. */
  private static final int STATUS = 1;

  private static final int START = 1;

  private final Path file;
  private final DoubleSupplier clock;
  private final FileChannel channel;

  private TensorBoard(Path file, DoubleSupplier clock, FileChannel channel) {
    this.file = file;
    this.clock = clock;
    this.channel = channel;
  }

  /** Writes the fields of a message. */
  @FunctionalInterface
  private interface Fields {
    void writeTo(CodedOutputStream out) throws IOException;
  }

  /**
   * Begins a file.
   *
   * @param directory where event files go, made if need be
   * @param step steps that the run has done, at least 0; what earlier files have of later ones is
   *     forgotten
   * @return the tracker; close it
   * @throws IOException if the file can't be made
   */
  public static TensorBoard open(Path directory, long step) throws IOException {
    return open(directory, step, () -> System.currentTimeMillis() / MILLIS);
  }

  /** Begins a file with another clock, which gives seconds since 1970. */
  static TensorBoard open(Path directory, long step, DoubleSupplier clock) throws IOException {
    Files.createDirectories(directory);
    String name =
        String.format(
            Locale.ROOT,
            FILES + "%d.%s.%d.%d",
            System.currentTimeMillis() / 1000,
            host(),
            ProcessHandle.current().pid(),
            System.nanoTime());
    Path file = directory.resolve(name);
    boolean follows = step > 0 || hasEvents(directory);
    return begin(
        file,
        clock,
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
        step,
        follows);
  }

  /**
   * Writes the head of a file, which is closed if that fails.
   *
   * @param follows whether earlier files have events behind the step
   */
  static TensorBoard begin(
      Path file, DoubleSupplier clock, FileChannel channel, long step, boolean follows)
      throws IOException {
    TensorBoard board = new TensorBoard(file, clock, channel);
    boolean begun = false;
    try {
      board.event(0, out -> out.writeString(FILE_VERSION, "brain.Event:2"));
      if (follows) {
        byte[] log = message(out -> out.writeEnum(STATUS, START));
        board.event(step + 1, out -> out.writeByteArray(SESSION_LOG, log));
      }
      begun = true;
      return board;
    } finally {
      if (!begun) {
        channel.close();
      }
    }
  }

  /** Whether there are files of an earlier start, which may have come to no checkpoint. */
  private static boolean hasEvents(Path directory) throws IOException {
    try (DirectoryStream<Path> files = Files.newDirectoryStream(directory, FILES + "*")) {
      return files.iterator().hasNext();
    }
  }

  private static String host() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost"; // The name only tells files of several machines apart.
    }
  }

  @Override
  public String name() {
    return "TensorBoard";
  }

  @Override
  public void figures(long step, Map<String, Double> figures) {
    try {
      byte[] summary =
          message(
              out -> {
                for (Map.Entry<String, Double> figure : figures.entrySet()) {
                  if (Double.isFinite(figure.getValue())) {
                    out.writeByteArray(VALUE, scalar(figure.getKey(), figure.getValue()));
                  }
                }
              });
      event(step, out -> out.writeByteArray(SUMMARY, summary));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private static byte[] scalar(String tag, double value) throws IOException {
    return message(
        out -> {
          out.writeString(TAG, tag);
          out.writeFloat(SIMPLE_VALUE, (float) value);
        });
  }

  @Override
  public void picture(long step, String name, Pixels picture) {
    try {
      ByteArrayOutputStream png = new ByteArrayOutputStream();
      ImageIO.write(picture.toBufferedImage(), "png", png);
      byte[] image =
          message(
              out -> {
                out.writeInt32(HEIGHT, picture.height());
                out.writeInt32(WIDTH, picture.width());
                out.writeInt32(COLORSPACE, picture.channels());
                out.writeByteArray(ENCODED, png.toByteArray());
              });
      byte[] value =
          message(
              out -> {
                out.writeString(TAG, name);
                out.writeByteArray(IMAGE, image);
              });
      byte[] summary = message(out -> out.writeByteArray(VALUE, value));
      event(step, out -> out.writeByteArray(SUMMARY, summary));
    } catch (IOException e) {
      throw failure(e);
    }
  }

  private TrackerException failure(IOException e) {
    return new TrackerException(file + ": can't be written: " + e.getMessage(), e);
  }

  private void event(long step, Fields fields) throws IOException {
    byte[] event =
        message(
            out -> {
              out.writeDouble(WALL_TIME, clock.getAsDouble());
              if (step != 0) { // 0 is what an absent field means.
                out.writeInt64(STEP, step);
              }
              fields.writeTo(out);
            });
    ByteBuffer record = record(event);
    while (record.hasRemaining()) {
      channel.write(record);
    }
  }

  private static byte[] message(Fields fields) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    fields.writeTo(out);
    out.flush();
    return bytes.toByteArray();
  }

  /** A TFRecord, ready to read. */
  static ByteBuffer record(byte[] data) {
    ByteBuffer record =
        ByteBuffer.allocate(Long.BYTES + 2 * Integer.BYTES + data.length)
            .order(ByteOrder.LITTLE_ENDIAN);
    record.putLong(data.length);
    record.putInt(masked(record.array(), 0, Long.BYTES));
    record.put(data).putInt(masked(data, 0, data.length));
    return record.flip();
  }

  private static int masked(byte[] bytes, int from, int length) {
    CRC32C crc = new CRC32C();
    crc.update(bytes, from, length);
    return Integer.rotateRight((int) crc.getValue(), 15) + MASK_DELTA;
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      throw failure(e);
    }
  }
}
