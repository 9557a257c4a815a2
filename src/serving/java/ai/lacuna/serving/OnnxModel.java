package ai.lacuna.serving;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.function.Consumer;
import java.util.function.IntFunction;
import java.util.function.IntPredicate;
import java.util.function.IntToLongFunction;
import java.util.stream.IntStream;

/**
 * One ONNX Runtime session over a bundle's model: images in, rows of floats out. Any number of
 * threads may run it at once; closing waits for them.
 */
final class OnnxModel implements AutoCloseable {
  static final String INPUT = "images";

  private final String file;
  private final Preprocessing preprocessing;
  private final int maxBatch;
  private final String device;
  private final OrtSession session;
  private final Optional<ParallelCalls> parallel;
  private final Map<String, long[]> outputs;

  /** Whether the model resizes images itself. */
  private final boolean anySize;

  private final BufferPool buffers = new BufferPool();
  private final ReentrantReadWriteLock lock = new ReentrantReadWriteLock();
  private boolean closed;

  OnnxModel(Bundle bundle, String file, ServingOptions options) {
    this.file = file;
    this.preprocessing = bundle.manifest().preprocessing();
    this.maxBatch = options.maxBatch();
    OnnxSession.Model model = bundle.model(file);
    try {
      OnnxSession open = OnnxSession.open(model, options);
      this.session = open.session();
      this.device = open.device();
      this.parallel = parallel(open, model, options);
    } catch (OrtException e) {
      throw unusable(String.valueOf(e.getMessage()), e);
    }
    try {
      this.anySize = isOfAnySize(this.session.getInputInfo());
      this.outputs = shapes(this.session.getOutputInfo());
      requireOutputs(bundle.manifest());
    } catch (OrtException e) {
      close();
      throw unusable(String.valueOf(e.getMessage()), e);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** On the CPU, a second session for lists; if it cannot be had, the first is closed too. */
  private static Optional<ParallelCalls> parallel(
      OnnxSession first, OnnxSession.Model model, ServingOptions options) throws OrtException {
    if (!first.device().equals("cpu")) {
      return Optional.empty();
    }
    try {
      return ParallelCalls.open(model, options);
    } catch (OrtException e) {
      first.session().close();
      throw e;
    }
  }

  /** Where the session runs. */
  String device() {
    return device;
  }

  /** Whether there is an output of that name. */
  boolean has(String output) {
    return outputs.containsKey(output);
  }

  /** Names of all outputs, for messages. */
  String outputs() {
    return String.join(", ", outputs.keySet());
  }

  /** Shape of an output; the first dimension is the batch. */
  long[] shape(String output) {
    long[] shape = outputs.get(output);
    if (shape == null) {
      throw new BundleException(
          file, "an output named " + output, outputs(), "export the bundle again");
    }
    return shape.clone();
  }

  /** Checks that an output has one value for each label. */
  void requireValueEach(String output, int labels) {
    long[] expected = {-1, labels};
    if (!Arrays.equals(shape(output), expected)) {
      throw new BundleException(
          file + " " + output,
          "shape " + Arrays.toString(expected) + ", a value for each label",
          Arrays.toString(shape(output)),
          "export the bundle again");
    }
  }

  /**
   * Lets rows pass whose values can be compared, for an answer that is made of them.
   *
   * @throws BundleException if one is NaN or infinite
   */
  float[][] requireFinite(float[][] rows, String output) {
    for (int i = 0; i < rows.length; i++) {
      for (float value : rows[i]) {
        if (!Float.isFinite(value)) {
          throw new BundleException(
              file + " " + output,
              "finite numbers",
              "%s for image %s of %s".formatted(value, i + 1, rows.length),
              "check the weights that were exported, or serve the variant " + Variant.FLOAT32);
        }
      }
    }
    return rows;
  }

  /** Values of an output for one image. */
  int width(String output) {
    long width = 1;
    long[] shape = shape(output);
    for (int i = 1; i < shape.length; i++) {
      width = Math.multiplyExact(width, shape[i]);
    }
    return Math.toIntExact(width);
  }

  /**
   * Runs the network.
   *
   * @return for each image the values of the outputs, one output after the other
   */
  float[][] run(List<Pixels> images, List<String> wanted) {
    if (anySize) {
      return runPrepared(images.stream().map(this::prepare).toList(), wanted);
    }
    long bytes =
        Math.multiplyExact(
            (long) preprocessing.height() * preprocessing.width(), preprocessing.channels());
    List<CallRange> ranges = ranges(images.size(), i -> bytes, i -> true, wanted);
    return run(ranges, i -> prepare(images.get(i)), wanted);
  }

  /** An image as this network takes it. */
  Prepared prepare(Pixels image) {
    return anySize ? Prepared.ofAnySize(image, preprocessing) : Prepared.of(image, preprocessing);
  }

  /** As {@link #run}, of images that are prepared. */
  float[][] runPrepared(List<Prepared> images, List<String> wanted) {
    List<CallRange> ranges =
        ranges(
            images.size(),
            i -> images.get(i).pixels(preprocessing, anySize).data().length,
            i -> sameSize(images.get(i - 1), images.get(i)),
            wanted);
    return run(ranges, images::get, wanted);
  }

  private List<CallRange> ranges(
      int images, IntToLongFunction inputBytes, IntPredicate joins, List<String> wanted) {
    int most =
        parallel.isPresent() && parallel.get().isWorthwhile(images)
            ? parallel.get().size(images)
            : maxBatch;
    long outputBytes = wanted.stream().mapToLong(this::width).sum() * Float.BYTES;
    return CallRange.of(images, most, i -> Math.max(inputBytes.applyAsLong(i), outputBytes), joins);
  }

  /** Closing waits until all calls have ended. */
  private float[][] run(List<CallRange> ranges, IntFunction<Prepared> image, List<String> wanted) {
    int images = ranges.isEmpty() ? 0 : ranges.get(ranges.size() - 1).end();
    float[][] rows = new float[images][];
    lock.readLock().lock();
    try {
      requireOpen();
      if (parallel.isPresent() && parallel.get().isWorthwhile(images)) {
        List<Consumer<OrtSession>> calls = new ArrayList<>();
        ranges.forEach(range -> calls.add(on -> runRange(range, image, wanted, rows, on)));
        parallel.get().run(calls);
      } else {
        ranges.forEach(range -> runRange(range, image, wanted, rows, session));
      }
    } finally {
      lock.readLock().unlock();
    }
    return rows;
  }

  private void runRange(
      CallRange range,
      IntFunction<Prepared> image,
      List<String> wanted,
      float[][] rows,
      OrtSession on) {
    List<Prepared> images = IntStream.range(range.start(), range.end()).mapToObj(image).toList();
    runBatch(images, wanted, rows, range.start(), on);
  }

  private boolean sameSize(Prepared a, Prepared b) {
    Pixels first = a.pixels(preprocessing, anySize);
    Pixels second = b.pixels(preprocessing, anySize);
    return first.height() == second.height() && first.width() == second.width();
  }

  private void runBatch(
      List<Prepared> images, List<String> wanted, float[][] rows, int start, OrtSession on) {
    int width = wanted.stream().mapToInt(this::width).sum();
    Pixels first = images.get(0).pixels(preprocessing, anySize);
    BufferPool.Pair pair =
        buffers.take(
            Math.multiplyExact(images.size(), first.data().length),
            Math.multiplyExact(images.size(), width));
    try {
      for (Prepared image : images) {
        pair.input().put(image.pixels(preprocessing, anySize).data());
      }
      pair.input().flip();
      long[] shape = {images.size(), first.height(), first.width(), first.channels()};
      call(shape, wanted, pair, on);
      scatter(images.size(), wanted, pair.output(), rows, start, width);
    } finally {
      buffers.giveBack(pair);
    }
  }

  /** Lays each output at its own stretch of the pair's output buffer. */
  private void call(long[] inputShape, List<String> wanted, BufferPool.Pair pair, OrtSession on) {
    OrtEnvironment environment = OnnxEnvironment.get();
    int batch = Math.toIntExact(inputShape[0]);
    Map<String, OnnxTensor> pinned = new LinkedHashMap<>();
    try (OnnxTensor input =
        OnnxTensor.createTensor(environment, pair.input(), inputShape, OnnxJavaType.UINT8)) {
      int offset = 0;
      for (String name : wanted) {
        int length = batch * width(name);
        long[] shape = shape(name);
        shape[0] = batch;
        FloatBuffer part = pair.output().slice(offset, length);
        pinned.put(name, OnnxTensor.createTensor(environment, part, shape));
        offset += length;
      }
      on.run(Map.of(INPUT, input), pinned).close();
    } catch (OrtException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    } finally {
      pinned.values().forEach(OnnxTensor::close);
    }
  }

  private void scatter(
      int batch, List<String> wanted, FloatBuffer values, float[][] rows, int start, int width) {
    for (int i = 0; i < batch; i++) {
      rows[start + i] = new float[width];
    }
    int offset = 0;
    int column = 0;
    for (String name : wanted) {
      int length = width(name);
      for (int i = 0; i < batch; i++) {
        values.get(offset, rows[start + i], column, length);
        offset += length;
      }
      column += length;
    }
  }

  private boolean isOfAnySize(Map<String, NodeInfo> inputs) {
    long[] fixed = {-1, preprocessing.height(), preprocessing.width(), preprocessing.channels()};
    long[] any = {-1, -1, -1, preprocessing.channels()};
    NodeInfo node = inputs.get(INPUT);
    long[] shape = {};
    if (inputs.size() == 1
        && node != null
        && node.getInfo() instanceof TensorInfo info
        && info.type == OnnxJavaType.UINT8) {
      shape = info.getShape();
    }
    if (!Arrays.equals(shape, fixed) && !Arrays.equals(shape, any)) {
      throw new BundleException(
          file,
          "one uint8 input " + INPUT + " of shape " + Arrays.toString(fixed),
          inputs.values().toString(),
          "export the bundle again");
    }
    return Arrays.equals(shape, any);
  }

  private static Map<String, long[]> shapes(Map<String, NodeInfo> nodes) {
    Map<String, long[]> shapes = new LinkedHashMap<>();
    nodes.forEach(
        (name, node) -> {
          if (node.getInfo() instanceof TensorInfo info && info.type == OnnxJavaType.FLOAT) {
            shapes.put(name, info.getShape());
          }
        });
    return shapes;
  }

  private void requireOutputs(Manifest manifest) {
    for (Manifest.Output output : manifest.outputs()) {
      if (!output.file().equals(file)) {
        continue;
      }
      long[] expected = output.shape().stream().mapToLong(Long::longValue).toArray();
      if (!Arrays.equals(shape(output.name()), expected)) {
        throw new BundleException(
            file + " " + output.name(),
            "shape " + Arrays.toString(expected),
            Arrays.toString(shape(output.name())),
            "export the bundle again");
      }
    }
  }

  private BundleException unusable(String found, OrtException cause) {
    return new BundleException(
        file, "a model that ONNX Runtime opens", found, "export the bundle again", cause);
  }

  private void requireOpen() {
    if (closed) {
      throw new IllegalStateException(file + ": the model is closed; open the bundle again");
    }
  }

  /** Frees the session once no call is under way; again does nothing. */
  @Override
  public void close() {
    lock.writeLock().lock();
    try {
      if (!closed) {
        closed = true;
        parallel.ifPresent(ParallelCalls::close);
        session.close();
      }
    } catch (OrtException e) {
      throw new IllegalStateException(file + ": " + e.getMessage(), e);
    } finally {
      lock.writeLock().unlock();
    }
  }
}
