package ai.lacuna.weights;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * How weights differ from what an architecture needs.
 *
 * @param missing names that are needed and not there
 * @param unexpected names that are there and not needed
 * @param misshapen tensors whose shape is another
 * @param notFinite names of tensors with NaN or infinite values
 * @param hint what the weights look like, or how to mend them; may be empty
 */
public record WeightsCheck(
    List<String> missing,
    List<String> unexpected,
    List<Misshapen> misshapen,
    List<String> notFinite,
    String hint) {
  private static final int MOST_LISTED = 5;

  /** Copies the lists. */
  public WeightsCheck {
    missing = List.copyOf(missing);
    unexpected = List.copyOf(unexpected);
    misshapen = List.copyOf(misshapen);
    notFinite = List.copyOf(notFinite);
  }

  /**
   * A tensor of the wrong shape.
   *
   * @param name its name
   * @param expected the shape that the architecture needs
   * @param found the shape that the weights have
   */
  public record Misshapen(String name, List<Long> expected, List<Long> found) {
    @Override
    public String toString() {
      return name + ": expected " + expected + ", found " + found;
    }
  }

  /**
   * Compares weights with the shapes that an architecture needs.
   *
   * @param expected the shape of every parameter, in the order for messages
   * @param found the weights
   * @return every difference
   */
  public static WeightsCheck of(Map<String, List<Long>> expected, NamedTensors found) {
    List<String> missing = new ArrayList<>();
    List<Misshapen> misshapen = new ArrayList<>();
    expected.forEach(
        (name, shape) ->
            found
                .find(name)
                .ifPresentOrElse(
                    tensor -> {
                      List<Long> other = Arrays.stream(tensor.shape()).boxed().toList();
                      if (!other.equals(shape)) {
                        misshapen.add(new Misshapen(name, shape, other));
                      }
                    },
                    () -> missing.add(name)));
    List<String> unexpected =
        found.names().stream().filter(name -> !expected.containsKey(name)).toList();
    List<String> notFinite = new ArrayList<>();
    for (NamedTensors.Entry entry : found) {
      if (expected.containsKey(entry.name()) && !finite(entry.tensor())) {
        notFinite.add(entry.name());
      }
    }
    boolean same = missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty();
    String hint = same ? "" : WeightsHint.of(expected.keySet(), missing, unexpected, found);
    if (same && !notFinite.isEmpty()) {
      hint = "the run that made them diverged; take an earlier checkpoint";
    }
    return new WeightsCheck(missing, unexpected, misshapen, notFinite, hint);
  }

  /** True if nothing differs and every value is finite. */
  public boolean fits() {
    return missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty() && notFinite.isEmpty();
  }

  /**
   * Refuses weights that do not fit.
   *
   * @param where what the weights are called
   * @throws WeightsException with every kind of difference, at most five of a kind
   */
  public void requireFit(String where) {
    if (!fits()) {
      throw new WeightsException(where + ": " + this);
    }
  }

  /** A readable difference on several lines, or {@code "the weights fit"}. */
  @Override
  public String toString() {
    if (fits()) {
      return "the weights fit";
    }
    boolean shapesFit = missing.isEmpty() && unexpected.isEmpty() && misshapen.isEmpty();
    StringBuilder text =
        new StringBuilder(
            shapesFit
                ? "the weights hold values that are no numbers"
                : "the weights do not fit the architecture");
    if (!hint.isEmpty()) {
      text.append("; ").append(hint);
    }
    text.append(':');
    Map<String, List<?>> kinds = new LinkedHashMap<>();
    kinds.put("misshapen", misshapen);
    kinds.put("missing", missing);
    kinds.put("unexpected", unexpected);
    kinds.put("with NaN or infinite values", notFinite);
    kinds.forEach((kind, names) -> append(text, kind, names));
    return text.toString();
  }

  private static void append(StringBuilder text, String kind, List<?> names) {
    if (names.isEmpty()) {
      return;
    }
    text.append("\n  ").append(names.size()).append(' ').append(kind).append(':');
    names.stream().limit(MOST_LISTED).forEach(name -> text.append("\n    ").append(name));
    if (names.size() > MOST_LISTED) {
      text.append("\n    and ").append(names.size() - MOST_LISTED).append(" more");
    }
  }

  private static boolean finite(Tensor tensor) {
    if (!Set.of(Tensor.Type.F32, Tensor.Type.F64, Tensor.Type.F16, Tensor.Type.BF16)
        .contains(tensor.type())) {
      return true;
    }
    ByteBuffer bytes = tensor.bytes();
    while (bytes.hasRemaining()) {
      double value =
          switch (tensor.type()) {
            case F16 -> HalfFloats.fromFloat16(bytes.getShort());
            case BF16 -> HalfFloats.fromBfloat16(bytes.getShort());
            case F64 -> bytes.getDouble();
            default -> bytes.getFloat();
          };
      if (!Double.isFinite(value)) {
        return false;
      }
    }
    return true;
  }
}
