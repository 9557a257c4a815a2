import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Subset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.MaeProtocol;
import ai.lacuna.probe.ProbeProgress;
import ai.lacuna.probe.ProbeReport;
import ai.lacuna.serving.Pooling;
import ai.lacuna.train.Weights;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * Times, in turns, a forward pass of ready tensors and the extraction of features into a cache;
 * then the MAE protocol on features that are computed once, beside what it takes when every epoch
 * runs the encoder.
 *
 * <pre>java -cp CLASSPATH ProbeCost.java ENCODER DATA IMAGES ROUNDS</pre>
 */
final class ProbeCost {
  private static final int BATCH = Encoder.DEFAULT_BATCH_SIZE;
  private static final int FULL = 60_000;

  private ProbeCost() {}

  public static void main(String[] args) throws IOException {
    int count = Integer.parseInt(args[2]);
    int rounds = Integer.parseInt(args[3]);
    LabelledData all = LabelledData.open(args[1]);
    LabelledData data =
        new LabelledData(some(all.train(), count), some(all.test(), Math.max(64, count / 6)));
    try (Encoder encoder = Zoo.load(args[0], Device.cpu());
        TorchModule module =
            TorchModule.load(
                encoder.network().program(),
                Weights.source(encoder.weights()),
                Device.cpu(),
                false)) {
      List<ByteBuffer> batches = batches(encoder, data.train());
      List<Double> ratios = new ArrayList<>();
      double extraction = Double.MAX_VALUE;
      for (int round = -1; round < rounds; round++) {
        double bare = forward(module, encoder, batches);
        double cached = extract(encoder, data.train());
        if (round >= 0) { // the first one warms up
          ratios.add(bare / cached);
          extraction = Math.min(extraction, cached);
          print(
              "round %d: forward %.0f images/s, extraction %.0f images/s, ratio %.3f",
              round + 1, count / bare, count / cached, bare / cached);
        }
      }
      double[] sorted = ratios.stream().mapToDouble(Double::doubleValue).sorted().toArray();
      print("extraction / forward: median %.3f", sorted[sorted.length / 2]);
      protocols(encoder, data, extraction);
    }
  }

  private static void protocols(Encoder encoder, LabelledData data, double extraction)
      throws IOException {
    MaeProtocol mae = MaeProtocol.published();
    ProbeReport report =
        LinearProbe.builder(encoder)
            .train(data.train())
            .test(data.test())
            .lastBlocks(1)
            .pooling(Pooling.CLS)
            .build()
            .evaluate(List.of(mae));
    double training = report.results().get(0).seconds();
    double scale = (double) FULL / data.train().size();
    double once = scale * (report.featureSeconds() + training);
    double each = scale * (report.featureSeconds() + (mae.epochs() - 1) * extraction + training);
    print("MAE protocol, %d epochs, scaled to %,d training images:", mae.epochs(), FULL);
    print(
        "  encoder once        %.0f s (features %.0f s, training %.0f s)",
        once, scale * report.featureSeconds(), scale * training);
    print("  encoder each epoch  %.0f s", each);
    print("  ratio               %.1f", each / once);
  }

  private static ImageDataset some(ImageDataset data, int count) {
    return Subset.of(data, IntStream.range(0, count).toArray(), "some");
  }

  /** What the network takes, uint8 [images, H, W, C]. */
  private static List<ByteBuffer> batches(Encoder encoder, ImageDataset data) throws IOException {
    List<ByteBuffer> batches = new ArrayList<>();
    int bytes = 0;
    for (int first = 0; first < data.size(); first += BATCH) {
      List<byte[]> images = new ArrayList<>();
      for (int i = first; i < Math.min(data.size(), first + BATCH); i++) {
        images.add(encoder.preprocessing().apply(data.get(i).pixels()).data());
      }
      bytes = images.stream().mapToInt(image -> image.length).sum();
      ByteBuffer batch = ByteBuffer.allocateDirect(bytes);
      images.forEach(batch::put);
      batches.add(batch.flip());
    }
    return batches;
  }

  private static double forward(TorchModule module, Encoder encoder, List<ByteBuffer> batches) {
    int h = encoder.preprocessing().height();
    int w = encoder.preprocessing().width();
    int c = encoder.preprocessing().channels();
    long started = System.nanoTime();
    for (ByteBuffer batch : batches) {
      try (NDManager manager = module.newManager()) {
        Shape shape = new Shape(batch.remaining() / (h * w * c), h, w, c);
        NDArray images = manager.create(batch.duplicate(), shape, DataType.UINT8);
        try (NDList results = module.run("features", images)) {
          results.get(0).toFloatArray();
        }
      }
    }
    return (System.nanoTime() - started) / 1e9;
  }

  private static double extract(Encoder encoder, ImageDataset data) throws IOException {
    Path folder = Files.createTempDirectory("probe-cost");
    List<Integer> blocks = IntStream.range(0, encoder.config().depth()).boxed().toList();
    long started = System.nanoTime();
    FeatureCache.in(folder)
        .open(encoder, data, blocks, Set.of(Pooling.CLS_MEAN), ProbeProgress.silent(), "features");
    double seconds = (System.nanoTime() - started) / 1e9;
    try (var files = Files.list(folder)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    Files.delete(folder);
    return seconds;
  }

  private static void print(String format, Object... values) {
    System.out.println(String.format(Locale.ROOT, format, values));
  }
}
