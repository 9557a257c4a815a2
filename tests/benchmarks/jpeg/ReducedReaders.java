import ai.lacuna.data.EncodedImage;
import ai.lacuna.data.JpegReducer;
import ai.lacuna.data.RandomResizedCrop;
import ai.lacuna.data.ReducedCrop;
import ai.lacuna.serving.Box;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Resize;
import io.github.humbleui.skija.Bitmap;
import io.github.humbleui.skija.Codec;
import io.github.humbleui.skija.ColorAlphaType;
import io.github.humbleui.skija.ColorType;
import io.github.humbleui.skija.Data;
import io.github.humbleui.skija.ImageInfo;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.IntBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import org.bytedeco.javacpp.BytePointer;
import org.bytedeco.leptonica.PIX;
import org.bytedeco.leptonica.global.leptonica;
import org.bytedeco.opencv.global.opencv_core;
import org.bytedeco.opencv.global.opencv_imgcodecs;
import org.bytedeco.opencv.opencv_core.Mat;

/** Times decoders that shrink while they decode against Pixels.read; see README.md. */
public class ReducedReaders {
  private static final int SIDE = 224;
  private static final int[] REDUCTIONS = {1, 2, 4, 8};
  private static final RandomResizedCrop CROP = RandomResizedCrop.of(SIDE, SIDE, 0.2);
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

  /** A decoder; throws an unchecked exception where it refuses a file. */
  private interface Decoder {
    Pixels decode(byte[] file, int reduction);
  }

  private interface Way {
    void read(byte[] file, int number) throws IOException;
  }

  public static void main(String[] args) throws IOException {
    leptonica.setMsgSeverity(6);
    opencv_core.setNumThreads(1);
    Map<String, Decoder> decoders = new LinkedHashMap<>();
    decoders.put("OpenCV", ReducedReaders::viaOpenCv);
    decoders.put("Leptonica", ReducedReaders::viaLeptonica);
    decoders.put("Skija", ReducedReaders::viaSkija);
    int rounds = Integer.parseInt(args[0]);
    for (String folder : Arrays.asList(args).subList(1, args.length)) {
      List<byte[]> files;
      try (var list = Files.list(Path.of(folder))) {
        files = list.sorted().map(ReducedReaders::bytes).toList();
      }
      time(files, decoders, rounds);
      compare(files, decoders);
    }
  }

  private static void time(List<byte[]> files, Map<String, Decoder> decoders, int rounds)
      throws IOException {
    Map<String, Way> alone = new LinkedHashMap<>();
    Map<String, Way> cropped = new LinkedHashMap<>();
    decoders.forEach(
        (name, decoder) -> {
          for (int by : REDUCTIONS) {
            alone.put(name + ", 1/" + by, (f, i) -> decoder.decode(f, by));
          }
          ReducedCrop crop = ReducedCrop.of(CROP, 3, files.size(), new Reducer(name, decoder));
          cropped.put(name + ", crop", (f, i) -> crop.read(encoded(f, i), 0, 0));
          cropped.put(
              name + ", first epoch",
              (f, i) ->
                  ReducedCrop.of(CROP, 3, 1, new Reducer(name, decoder)).read(encoded(f, i), 0, 0));
        });
    System.out.printf(
        "%n%d pictures as %s, %.0f kB each%n",
        files.size(),
        Pixels.read(files.get(0), "a"),
        files.stream().mapToInt(f -> f.length).average().orElseThrow() / 1000);
    against("Pixels.read", (f, i) -> Pixels.read(f, "a"), alone, files, rounds);
    against(
        "Pixels.read, crop to " + SIDE,
        (f, i) -> CROP.apply(Pixels.read(f, "a"), 0, 0, i),
        cropped,
        files,
        rounds);
  }

  /** Each way's turn comes right after one of the base's, and is divided into it. */
  private static void against(
      String baseName, Way base, Map<String, Way> ways, List<byte[]> files, int rounds)
      throws IOException {
    double[][] ratios = new double[ways.size()][rounds];
    double[] millis = new double[rounds];
    for (int round = -3; round < rounds; round++) {
      int at = 0;
      for (Way way : ways.values()) {
        double its = nanos(base, files);
        double ratio = its / nanos(way, files);
        if (round >= 0) {
          millis[round] = its / 1e6 / files.size();
          ratios[at][round] = ratio;
        }
        at++;
      }
    }
    Arrays.sort(millis);
    System.out.printf("%-24s %6.2f ms%n", baseName, millis[rounds / 2]);
    int at = 0;
    for (String name : ways.keySet()) {
      double[] ratio = ratios[at++];
      Arrays.sort(ratio);
      System.out.printf(
          "  %-22s %5.2f times as fast (%.2f-%.2f)%n",
          name, ratio[rounds / 2], ratio[0], ratio[rounds - 1]);
    }
  }

  private static double nanos(Way way, List<byte[]> files) throws IOException {
    long start = THREADS.getCurrentThreadCpuTime();
    for (int i = 0; i < files.size(); i++) {
      way.read(files.get(i), i);
    }
    return THREADS.getCurrentThreadCpuTime() - start;
  }

  /** Lacuna's own way to crop, by any decoder. */
  private record Reducer(String name, Decoder decoder) implements JpegReducer {
    @Override
    public String missing() {
      return "";
    }

    @Override
    public Optional<Pixels> decode(byte[] file, int by, int channels) {
      return Optional.of(decoder.decode(file, by));
    }
  }

  /** Whether decoders agree on pixels, and which damage they notice. */
  private static void compare(List<byte[]> files, Map<String, Decoder> decoders)
      throws IOException {
    int changes = Math.max(1, 1024 / files.size());
    decoders.forEach(
        (name, decoder) -> {
          Random random = new Random(1);
          int unequal = 0;
          double[] far = new double[REDUCTIONS.length];
          int cuts = 0;
          int flips = 0;
          int[] flipsTaken = new int[2];
          for (byte[] file : files) {
            Pixels full = Pixels.read(file, "a");
            unequal += Arrays.equals(full.data(), decoder.decode(file, 1).data()) ? 0 : 1;
            for (int i = 0; i < far.length; i++) {
              far[i] += difference(small(full), small(decoder.decode(file, REDUCTIONS[i])));
            }
            for (int i = 0; i < changes && file.length < 200_000; i++) {
              byte[] cut = Arrays.copyOf(file, random.nextInt(file.length));
              cuts += taken(decoder, cut, 2) ? 1 : 0;
              byte[] flipped = file.clone();
              flipped[random.nextInt(file.length)] ^= (byte) (1 + random.nextInt(255));
              if (!taken((f, by) -> Pixels.read(f, "a"), flipped, 1)) {
                flips++;
                flipsTaken[0] += taken(decoder, flipped, 1) ? 1 : 0;
                flipsTaken[1] += taken(decoder, flipped, 2) ? 1 : 0;
              }
            }
          }
          System.out.printf(
              "%s: %d of %d pictures differ from Pixels.read; at 1/1, 1/2, 1/4, 1/8, shrunk to 32,"
                  + " by %s of 255%n",
              name,
              unequal,
              files.size(),
              Arrays.toString(
                  Arrays.stream(far).mapToObj(d -> "%.2f".formatted(d / files.size())).toArray()));
          if (flips > 0) {
            System.out.printf(
                "%s takes %d of %d cut files, and of %d with a changed byte that Pixels.read"
                    + " refuses %d at 1/1, %d at 1/2%n",
                name, cuts, changes * files.size(), flips, flipsTaken[0], flipsTaken[1]);
          }
        });
  }

  private static boolean taken(Decoder decoder, byte[] file, int by) {
    try {
      decoder.decode(file, by);
      return true;
    } catch (ImageException | IllegalStateException | IllegalArgumentException e) {
      return false;
    }
  }

  private static byte[] small(Pixels image) {
    return Resize.resize(image, Box.whole(image), 32, 32, Interpolation.BICUBIC).data();
  }

  private static double difference(byte[] a, byte[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += Math.abs((a[i] & 0xff) - (b[i] & 0xff));
    }
    return sum / a.length;
  }

  private static Pixels viaOpenCv(byte[] file, int by) {
    int flags =
        (by == 1 ? 0 : by * opencv_imgcodecs.IMREAD_REDUCED_GRAYSCALE_2 / 2)
            | opencv_imgcodecs.IMREAD_COLOR_RGB
            | opencv_imgcodecs.IMREAD_IGNORE_ORIENTATION;
    try (BytePointer bytes = new BytePointer(file);
        Mat in = new Mat(1, file.length, opencv_core.CV_8UC1, bytes);
        Mat out = opencv_imgcodecs.imdecode(in, flags)) {
      if (out.empty() || out.channels() != 3 || !out.isContinuous()) {
        throw new IllegalStateException("refused");
      }
      byte[] rgb = new byte[3 * out.rows() * out.cols()];
      out.data().get(rgb);
      return Pixels.of(out.rows(), out.cols(), 3, rgb);
    }
  }

  private static Pixels viaLeptonica(byte[] file, int by) {
    int[] warnings = new int[1];
    PIX image = leptonica.pixReadMemJpeg(file, file.length, 0, by, warnings, 0);
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

  private static Pixels viaSkija(byte[] file, int by) {
    try (Data data = Data.makeFromBytes(file);
        Codec codec = Codec.makeFromData(data);
        Bitmap bitmap = new Bitmap()) {
      int width = (codec.getSize().getX() + by - 1) / by;
      int height = (codec.getSize().getY() + by - 1) / by;
      bitmap.allocPixels(new ImageInfo(width, height, ColorType.RGBA_8888, ColorAlphaType.OPAQUE));
      codec.readPixels(bitmap);
      byte[] rgba = bitmap.readPixels();
      byte[] rgb = new byte[3 * width * height];
      for (int at = 0, from = 0; at < rgb.length; at += 3, from += 4) {
        rgb[at] = rgba[from];
        rgb[at + 1] = rgba[from + 1];
        rgb[at + 2] = rgba[from + 2];
      }
      return Pixels.of(height, width, 3, rgb);
    }
  }

  private static EncodedImage encoded(byte[] file, int number) {
    return new EncodedImage(number, "a", file, 0);
  }

  private static byte[] bytes(Path file) {
    try {
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
