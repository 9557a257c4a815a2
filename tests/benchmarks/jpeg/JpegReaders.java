import ai.lacuna.data.Batch;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.Loader;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import com.sun.management.OperatingSystemMXBean;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;

/** Times ways to read JPEGs against each other, turn by turn; see README.md. */
public class JpegReaders {
  private interface Way {
    Pixels read(byte[] file, int number) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    Path folder = Path.of(args[0]);
    List<byte[]> files;
    try (var list = Files.list(folder)) {
      files = list.sorted().map(JpegReaders::bytes).toList();
    }
    int rounds = Integer.parseInt(args[1]);
    leptonica.setMsgSeverity(6);
    RandomResizedCrop crop = RandomResizedCrop.of(224, 224, 0.2);
    Pixels[] decoded = files.stream().map(f -> Pixels.read(f, "a")).toArray(Pixels[]::new);
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("ImageIO.read, copied", (f, i) -> Pixels.from(ImageIO.read(in(f))));
    ways.put("Pixels.read", (f, i) -> Pixels.read(f, "a"));
    ways.put("TwelveMonkeys", (f, i) -> twelveMonkeys(f));
    for (int reduction = 1; reduction <= 8; reduction *= 2) {
      int by = reduction;
      ways.put("Leptonica, 1/" + by, (f, i) -> viaLeptonica(f, by));
    }
    ways.put("crop to 224 alone", (f, i) -> crop.apply(decoded[i], 0, 0, i));
    ways.put("Pixels.read, crop to 224", (f, i) -> crop.apply(Pixels.read(f, "a"), 0, 0, i));
    double[][] millis = new double[ways.size() + 1][rounds];
    var threads = ManagementFactory.getThreadMXBean();
    for (int round = -4; round < rounds; round++) {
      int at = 0;
      for (Way way : ways.values()) {
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < files.size(); i++) {
          way.read(files.get(i), i);
        }
        keep(millis[at++], round, threads.getCurrentThreadCpuTime() - start, files.size());
      }
      keep(millis[at], round, loaderNanos(folder, crop, round), files.size());
    }
    int at = 0;
    for (String name : ways.keySet()) {
      print(name, millis[at++]);
    }
    print("Loader, 1 worker, crop to 224", millis[at]);
    compare(files);
  }

  private static void keep(double[] millis, int round, long nanos, int images) {
    if (round >= 0) {
      millis[round] = nanos / 1e6 / images;
    }
  }

  private static void print(String name, double[] millis) {
    Arrays.sort(millis);
    double median = millis[millis.length / 2];
    System.out.printf(
        "%-32s %5.2f ms (%.2f-%.2f), %4.0f images/s of CPU%n",
        name, median, millis[0], millis[millis.length - 1], 1000 / median);
  }

  /** All of the process's threads: files, decoding, crops, batches, collection of garbage. */
  private static long loaderNanos(Path folder, RandomResizedCrop crop, int epoch)
      throws IOException {
    OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
    ImageDataset data = ImageDataset.open(folder.toString());
    long start = system.getProcessCpuTime();
    int images = 0;
    try (Loader loader =
        Loader.builder(data)
            .batchSize(32)
            .shuffle(true)
            .epoch(epoch + 8)
            .transform(crop)
            .workers(1)
            .build()) {
      for (Batch batch : loader) {
        images += batch.size();
      }
    }
    if (images != data.size()) {
      throw new IllegalStateException("the loader lost images");
    }
    return system.getProcessCpuTime() - start;
  }

  /** Whether decoders agree on pixels, on damage, and how far a smaller decoding is from full. */
  private static void compare(List<byte[]> files) {
    Random random = new Random(1);
    int unequal = 0;
    int cutsTaken = 0;
    int flips = 0;
    int flipsTaken = 0;
    double half = 0;
    for (byte[] file : files) {
      Pixels full = Pixels.read(file, "a");
      unequal += Arrays.equals(full.data(), viaLeptonica(file, 1).data()) ? 0 : 1;
      half += difference(small(full), small(viaLeptonica(file, 2)));
      for (int i = 0; i < 8; i++) {
        cutsTaken += taken(Arrays.copyOf(file, random.nextInt(file.length))) ? 1 : 0;
        byte[] flipped = file.clone();
        flipped[random.nextInt(file.length)] ^= (byte) (1 + random.nextInt(255));
        if (!isRead(flipped)) {
          flips++;
          flipsTaken += taken(flipped) ? 1 : 0;
        }
      }
    }
    System.out.printf(
        "Leptonica: %d of %d pictures differ from Pixels.read; shrunk to 112, half size differs by"
            + " %.2f of 255%n",
        unequal, files.size(), half / files.size());
    System.out.printf(
        "Leptonica takes %d of %d cut files, and %d of %d with a changed byte that Pixels.read"
            + " refuses%n",
        cutsTaken, 8 * files.size(), flipsTaken, flips);
  }

  private static boolean isRead(byte[] file) {
    try {
      Pixels.read(file, "a");
      return true;
    } catch (ai.lacuna.serving.ImageException e) {
      return false;
    }
  }

  private static boolean taken(byte[] file) {
    try {
      viaLeptonica(file, 1);
      return true;
    } catch (IllegalStateException e) {
      return false;
    }
  }

  private static byte[] small(Pixels image) {
    return Resize.resize(image, Box.whole(image), 112, 112, Interpolation.BICUBIC).data();
  }

  private static double difference(byte[] a, byte[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
    }
    return sum / a.length;
  }

  private static Pixels viaLeptonica(byte[] file, int reduction) {
    int[] warnings = new int[1];
    PIX image = leptonica.pixReadMemJpeg(file, file.length, 0, reduction, warnings, 0);
    if (image == null) {
      throw new IllegalStateException("refused");
    }
    try {
      if (warnings[0] != 0 || leptonica.pixGetDepth(image) != 32) {
        throw new IllegalStateException("a warning, or not RGB");
      }
      int height = leptonica.pixGetHeight(image);
      int width = leptonica.pixGetWidth(image);
      IntBuffer words =
          leptonica.pixGetData(image).capacity((long) width * height).asByteBuffer().asIntBuffer();
      int[] row = new int[width];
      byte[] rgb = new byte[3 * width * height];
      int at = 0;
      for (int y = 0; y < height; y++) {
        words.get(row);
        for (int word : row) {
          rgb[at++] = (byte) (word >> 24);
          rgb[at++] = (byte) (word >> 16);
          rgb[at++] = (byte) (word >> 8);
        }
      }
      return Pixels.of(height, width, 3, rgb);
    } finally {
      leptonica.pixDestroy(image);
    }
  }

  private static MemoryCacheImageInputStream in(byte[] file) {
    return new MemoryCacheImageInputStream(new ByteArrayInputStream(file));
  }

  private static Pixels twelveMonkeys(byte[] file) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith("com.twelve")) {
        try (var in = in(file)) {
          reader.setInput(in, true, true);
          return Pixels.from(reader.read(0));
        } finally {
          reader.dispose();
        }
      }
    }
    throw new IOException("no JPEG reader of TwelveMonkeys on the class path");
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
