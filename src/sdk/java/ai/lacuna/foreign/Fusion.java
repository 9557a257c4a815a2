package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Joins separate queries, keys and values [D, D] to {@code attn.qkv} [3 · D, D]. */
final class Fusion {
  private static final Pattern QUERY = Pattern.compile("(.*\\.attn\\.)q(\\.(?:weight|bias))");
  private static final Pattern OTHERS = Pattern.compile(".*\\.attn\\.[kv]\\.(?:weight|bias)");

  private Fusion() {}

  /**
   * Joins them where there are all three; others stay, so that they are seen to be too many.
   *
   * @throws WeightsException if the three are of different shapes or types
   */
  static NamedTensors of(NamedTensors tensors) {
    NamedTensors.Builder joined = NamedTensors.builder();
    for (NamedTensors.Entry entry : tensors) {
      Matcher query = QUERY.matcher(entry.name());
      if (query.matches() && siblings(tensors, query).size() == 2) {
        List<Tensor> all = new ArrayList<>(List.of(entry.tensor()));
        all.addAll(siblings(tensors, query));
        joined.add(query.group(1) + "qkv" + query.group(2), join(entry.name(), all));
      } else if (!OTHERS.matcher(entry.name()).matches() || !isWhole(tensors, entry.name())) {
        joined.add(entry.name(), entry.tensor());
      }
    }
    return joined.build();
  }

  private static boolean isWhole(NamedTensors tensors, String name) {
    Matcher query = QUERY.matcher(name.replaceFirst("\\.attn\\.[kv]\\.", ".attn.q."));
    return query.matches()
        && tensors.find(query.group()).isPresent()
        && siblings(tensors, query).size() == 2;
  }

  private static List<Tensor> siblings(NamedTensors tensors, Matcher query) {
    return List.of("k", "v").stream()
        .map(which -> tensors.find(query.group(1) + which + query.group(2)))
        .flatMap(Optional::stream)
        .toList();
  }

  private static Tensor join(String name, List<Tensor> parts) {
    Tensor first = parts.get(0);
    long[] shape = first.shape();
    int bytes = 0;
    for (Tensor part : parts) {
      if (part.type() != first.type() || shape.length == 0 || !Arrays.equals(part.shape(), shape)) {
        throw new WeightsException(
            "%s: expected queries, keys and values of one shape and type, found %s"
                .formatted(name, parts));
      }
      bytes = Math.addExact(bytes, part.bytes().remaining());
    }
    ByteBuffer all = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
    parts.forEach(part -> all.put(part.bytes()));
    shape[0] *= parts.size();
    return Tensor.of(first.type(), all.flip(), shape);
  }
}
