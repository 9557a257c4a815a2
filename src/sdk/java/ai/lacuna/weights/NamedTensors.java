package ai.lacuna.weights;

import ai.lacuna.text.NearMatches;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;

/** An immutable map from names to tensors that keeps the order in which they were added. */
public final class NamedTensors implements Iterable<NamedTensors.Entry> {
  private static final NamedTensors EMPTY = new NamedTensors(Map.of());

  private final Map<String, Tensor> tensors;

  private NamedTensors(Map<String, Tensor> tensors) {
    this.tensors = tensors;
  }

  /**
   * A tensor and its name.
   *
   * @param name the name, for example {@code blocks.0.attn.qkv.weight}
   * @param tensor the tensor
   */
  public record Entry(String name, Tensor tensor) {}

  /** Collects tensors; a builder serves once or many times and is for one thread. */
  public static final class Builder {
    private final Map<String, Tensor> tensors = new LinkedHashMap<>();

    private Builder() {}

    /**
     * Adds a tensor behind those already there.
     *
     * @param name its name
     * @param tensor the tensor
     * @return this builder
     * @throws IllegalArgumentException if the name is taken
     */
    public Builder add(String name, Tensor tensor) {
      if (tensors.putIfAbsent(name, tensor) != null) {
        throw new IllegalArgumentException(name + ": expected a new name, found it taken");
      }
      return this;
    }

    /** The tensors added so far. */
    public NamedTensors build() {
      return new NamedTensors(Collections.unmodifiableMap(new LinkedHashMap<>(tensors)));
    }
  }

  /** An empty builder. */
  public static Builder builder() {
    return new Builder();
  }

  /** No tensors. */
  public static NamedTensors empty() {
    return EMPTY;
  }

  /** How many tensors there are. */
  public int size() {
    return tensors.size();
  }

  /** The number of elements of all tensors together. */
  public long numel() {
    return tensors.values().stream().mapToLong(Tensor::numel).sum();
  }

  /** The names in order. */
  public List<String> names() {
    return List.copyOf(tensors.keySet());
  }

  /** The tensor of a name, if there is one. */
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name));
  }

  /**
   * The tensor of a name.
   *
   * @param name the name
   * @return the tensor
   * @throws WeightsException if there is none; the message lists names that resemble it
   */
  public Tensor require(String name) {
    return find(name)
        .orElseThrow(
            () -> {
              String question = NearMatches.question(name, tensors.keySet());
              return new WeightsException(
                  name
                      + ": expected a tensor of this name, found none among "
                      + size()
                      + "; "
                      + (question.isEmpty() ? "look at names()" : question));
            });
  }

  /**
   * The tensors whose names pass a test, in the same order.
   *
   * @param name the test, for example {@code n -> n.startsWith("decoder_")}
   * @return those tensors, not copied
   */
  public NamedTensors only(Predicate<String> name) {
    Map<String, Tensor> kept = new LinkedHashMap<>();
    tensors.forEach(
        (key, tensor) -> {
          if (name.test(key)) {
            kept.put(key, tensor);
          }
        });
    return new NamedTensors(Collections.unmodifiableMap(kept));
  }

  /**
   * The same tensors with float32 ones rounded to the nearest float16: half as many bytes. A
   * value's relative error is 2<sup>−11</sup> at most, below 2<sup>−14</sup> its absolute error
   * 2<sup>−25</sup>; everything that reads weights widens them again.
   *
   * @return tensors of other types are shared
   * @throws WeightsException if a finite value lies outside float16's range of ±65,504
   */
  public NamedTensors toFloat16() {
    Builder halves = builder();
    tensors.forEach(
        (name, tensor) ->
            halves.add(name, tensor.type() == Tensor.Type.F32 ? half(name, tensor) : tensor));
    return halves.build();
  }

  private static Tensor half(String name, Tensor tensor) {
    float[] values = tensor.toFloats();
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(values.length, Short.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    for (float value : values) {
      if (Float.isFinite(value) && Math.abs(value) >= HalfFloats.OVERFLOW) {
        throw new WeightsException(
            name
                + ": expected values from -65504 to 65504 for float16, found "
                + value
                + "; keep these weights in float32");
      }
      bytes.putShort(HalfFloats.toFloat16(value));
    }
    return Tensor.of(Tensor.Type.F16, bytes.flip(), tensor.shape());
  }

  /**
   * A fingerprint of names, types, shapes and values, whatever the order and the file they came
   * from.
   *
   * @return SHA-256 as 64 lower-case hexadecimal digits, over the tensors in the order of their
   *     names; each as length-prefixed name and type, rank, dimensions, bytes
   */
  public String sha256() {
    MessageDigest digest = sha256Digest();
    new TreeMap<>(tensors)
        .forEach(
            (name, tensor) -> {
              text(digest, name);
              text(digest, tensor.type().name());
              long[] shape = tensor.shape();
              number(digest, shape.length);
              for (long dimension : shape) {
                number(digest, dimension);
              }
              digest.update(tensor.bytes());
            });
    return HexFormat.of().formatHex(digest.digest());
  }

  /** Iterates in order. */
  @Override
  public Iterator<Entry> iterator() {
    return tensors.entrySet().stream().map(e -> new Entry(e.getKey(), e.getValue())).iterator();
  }

  private static void text(MessageDigest digest, String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    number(digest, utf8.length);
    digest.update(utf8);
  }

  private static void number(MessageDigest digest, long number) {
    digest.update(ByteBuffer.allocate(Long.BYTES).putLong(number).flip());
  }

  private static MessageDigest sha256Digest() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }
}
