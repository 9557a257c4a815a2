import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReadParam;
import javax.imageio.ImageReader;
import javax.imageio.stream.MemoryCacheImageInputStream;

/** Times ways to read JPEGs against each other, turn by turn; see README.md. */
public class JpegReaders {
  private interface Way {
    Pixels read(byte[] file, int number) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    List<byte[]> files;
    try (var list = Files.list(Path.of(args[0]))) {
      files = list.sorted().map(JpegReaders::bytes).toList();
    }
    int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 8;
    RandomResizedCrop crop = RandomResizedCrop.of(224, 224, 0.2);
    Map<String, Way> ways = new LinkedHashMap<>();
    ways.put("JDK, full", (f, i) -> Pixels.from(read(f, "com.sun.", 1)));
    ways.put("Pixels.read", (f, i) -> Pixels.read(f, "a"));
    ways.put("JDK, every 2nd pixel", (f, i) -> Pixels.from(read(f, "com.sun.", 2)));
    ways.put("TwelveMonkeys, full", (f, i) -> Pixels.from(read(f, "com.twelve", 1)));
    ways.put("TwelveMonkeys, every 2nd", (f, i) -> Pixels.from(read(f, "com.twelve", 2)));
    ways.put("Pixels.read + crop to 224", (f, i) -> crop.apply(Pixels.read(f, "a"), 0, 0, i));
    var threads = ManagementFactory.getThreadMXBean();
    double[][] millis = new double[ways.size()][rounds];
    for (int round = -3; round < rounds; round++) {
      int at = 0;
      for (Way way : ways.values()) {
        long start = threads.getCurrentThreadCpuTime();
        for (int i = 0; i < files.size(); i++) {
          way.read(files.get(i), i);
        }
        if (round >= 0) {
          millis[at][round] = (threads.getCurrentThreadCpuTime() - start) / 1e6 / files.size();
        }
        at++;
      }
    }
    int at = 0;
    double first = 0;
    for (String name : ways.keySet()) {
      Arrays.sort(millis[at]);
      double median = millis[at][rounds / 2];
      first = at == 0 ? median : first;
      System.out.printf(
          "%-26s %6.2f ms (%.2f-%.2f), x %.2f, %.0f images/s of CPU%n",
          name, median, millis[at][0], millis[at][rounds - 1], median / first, 1000 / median);
      at++;
    }
    System.out.printf(
        "shrunk to 112 from every 2nd pixel: %.2f of 255 from full, on average%n",
        difference(files));
  }

  private static double difference(List<byte[]> files) throws IOException {
    double sum = 0;
    long count = 0;
    for (byte[] file : files) {
      byte[] full = small(Pixels.from(read(file, "com.sun.", 1)));
      byte[] half = small(Pixels.from(read(file, "com.sun.", 2)));
      for (int i = 0; i < full.length; i++) {
        sum += Math.abs((full[i] & 0xff) - (half[i] & 0xff));
      }
      count += full.length;
    }
    return sum / count;
  }

  private static byte[] small(Pixels image) {
    Box all = new Box(0, 0, image.height(), image.width());
    return Resize.resize(image, all, 112, 112, Interpolation.BICUBIC).data();
  }

  private static BufferedImage read(byte[] file, String of, int step) throws IOException {
    Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName("jpeg");
    while (readers.hasNext()) {
      ImageReader reader = readers.next();
      if (reader.getClass().getName().startsWith(of)) {
        try (var in = new MemoryCacheImageInputStream(new ByteArrayInputStream(file))) {
          reader.setInput(in, true, true);
          ImageReadParam param = reader.getDefaultReadParam();
          param.setSourceSubsampling(step, step, 0, 0);
          return reader.read(0, param);
        } finally {
          reader.dispose();
        }
      }
    }
    throw new IOException("no JPEG reader of " + of + "* on the class path");
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
