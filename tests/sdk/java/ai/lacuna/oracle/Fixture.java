package ai.lacuna.oracle;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Tensors that an independent implementation made; the script beside each file says how.
 *
 * @param path below the fixtures' folder, without the suffix: {@code mae/rgb-wide.expected}
 * @param tensors the file's content
 */
public record Fixture(String path, NamedTensors tensors) {
  /** Reads a fixture from the test class path. */
  public static Fixture read(String path) {
    String resource = "/fixtures/" + path + ".safetensors";
    try (InputStream in = Fixture.class.getResourceAsStream(resource)) {
      if (in == null) {
        throw new IllegalArgumentException(resource + ": expected it on the test class path");
      }
      return new Fixture(path, Safetensors.read(in.readAllBytes(), resource));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** A tensor of floats, bytes or integers. */
  public Dense dense(String name) {
    return dense(tensors.require(name));
  }

  /** One value of a tensor of doubles or floats. */
  public double scalar(String name) {
    return dense(name).values()[0];
  }

  /** Every tensor whose name begins so, under the rest of its name. */
  public Map<String, Dense> all(String prefix) {
    Map<String, Dense> all = new LinkedHashMap<>();
    for (NamedTensors.Entry entry : tensors) {
      if (entry.name().startsWith(prefix)) {
        all.put(entry.name().substring(prefix.length()), dense(entry.tensor()));
      }
    }
    return all;
  }

  private static Dense dense(Tensor tensor) {
    int[] shape = Arrays.stream(tensor.shape()).mapToInt(Math::toIntExact).toArray();
    double[] values = new double[Math.toIntExact(tensor.numel())];
    ByteBuffer bytes = tensor.bytes();
    for (int i = 0; i < values.length; i++) {
      values[i] =
          switch (tensor.type()) {
            case U8 -> Byte.toUnsignedInt(bytes.get());
            case I64 -> bytes.getLong();
            case F32 -> bytes.getFloat();
            case F64 -> bytes.getDouble();
            default -> throw new IllegalArgumentException("no fixture holds " + tensor.type());
          };
    }
    return Dense.of(values, shape);
  }
}
