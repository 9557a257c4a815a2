package ai.lacuna.weights;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.Optional;

/**
 * An immutable dense array of numbers in row-major order.
 *
 * <p>Equality is by identity; compare values with {@link #contentEquals}.
 */
public final class Tensor {
  /** Element types, those of the safetensors format that fill whole bytes. */
  public enum Type {
    /** Truth value, one byte, 0 or 1. */
    BOOL(1),
    /** Unsigned 8-bit integer. */
    U8(1),
    /** Signed 8-bit integer. */
    I8(1),
    /** 8-bit float with 5 exponent bits. */
    F8_E5M2(1),
    /** 8-bit float with 4 exponent bits. */
    F8_E4M3(1),
    /** 8-bit power of two, used as a scale. */
    F8_E8M0(1),
    /** Signed 16-bit integer. */
    I16(2),
    /** Unsigned 16-bit integer. */
    U16(2),
    /** IEEE 754 half precision. */
    F16(2),
    /** bfloat16: the upper half of a float32. */
    BF16(2),
    /** Signed 32-bit integer. */
    I32(4),
    /** Unsigned 32-bit integer. */
    U32(4),
    /** IEEE 754 single precision. */
    F32(4),
    /** Complex number of two float32. */
    C64(8),
    /** IEEE 754 double precision. */
    F64(8),
    /** Signed 64-bit integer. */
    I64(8),
    /** Unsigned 64-bit integer. */
    U64(8);

    private final int bytes;

    Type(int bytes) {
      this.bytes = bytes;
    }

    /** Bytes of one element. */
    public int bytes() {
      return bytes;
    }

    /**
     * Finds a type by its safetensors name.
     *
     * @param name for example {@code "F32"}
     * @return the type, or empty if the name is not one of this enum's
     */
    static Optional<Type> find(String name) {
      return Arrays.stream(values()).filter(type -> type.name().equals(name)).findFirst();
    }
  }

  private final Type type;
  private final long[] shape;
  private final long numel;
  private final ByteBuffer bytes;

  private Tensor(Type type, long[] shape, ByteBuffer bytes) {
    this.type = type;
    this.shape = shape.clone();
    this.numel = numel(shape);
    this.bytes = bytes.slice().asReadOnlyBuffer();
    if (this.bytes.remaining() != Math.multiplyExact(numel, type.bytes())) {
      throw new IllegalArgumentException(
          "tensor: expected "
              + Math.multiplyExact(numel, type.bytes())
              + " bytes for "
              + type
              + " "
              + Arrays.toString(shape)
              + ", found "
              + this.bytes.remaining());
    }
  }

  /**
   * Makes a float32 tensor.
   *
   * @param data the elements in row-major order; copied
   * @param shape the dimensions; none for a scalar
   * @return the tensor
   * @throws IllegalArgumentException if a dimension is negative or the product of the dimensions is
   *     not the number of elements
   */
  public static Tensor of(float[] data, long... shape) {
    ByteBuffer bytes =
        ByteBuffer.allocate(Math.multiplyExact(data.length, Float.BYTES))
            .order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(data);
    return new Tensor(Type.F32, shape, bytes);
  }

  /**
   * Makes a tensor over bytes.
   *
   * @param type the element type
   * @param bytes the elements between the buffer's position and limit, little endian whatever the
   *     buffer's order says; not copied, so the caller must not change them any more
   * @param shape the dimensions; none for a scalar
   * @return the tensor
   * @throws IllegalArgumentException if a dimension is negative or type and shape do not need
   *     exactly these bytes
   */
  public static Tensor of(Type type, ByteBuffer bytes, long... shape) {
    return new Tensor(type, shape, bytes);
  }

  /** The dimensions; a new array. Empty for a scalar. */
  public long[] shape() {
    return shape.clone();
  }

  /** The element type. */
  public Type type() {
    return type;
  }

  /** The number of elements: the product of the dimensions, 1 for a scalar. */
  public long numel() {
    return numel;
  }

  /** The elements as bytes: read-only, little endian, position 0; a new view at each call. */
  public ByteBuffer bytes() {
    return bytes.duplicate().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Copies the elements as float32.
   *
   * @return a new array in row-major order; {@code F32}, {@code F16} and {@code BF16} are exact,
   *     {@code F64} is rounded to nearest
   * @throws WeightsException if the elements are of another type
   */
  public float[] toFloats() {
    float[] floats = new float[Math.toIntExact(numel)];
    ByteBuffer source = bytes();
    switch (type) {
      case F32 -> source.asFloatBuffer().get(floats);
      case F16 -> {
        for (int i = 0; i < floats.length; i++) {
          floats[i] = HalfFloats.fromFloat16(source.getShort());
        }
      }
      case BF16 -> {
        for (int i = 0; i < floats.length; i++) {
          floats[i] = HalfFloats.fromBfloat16(source.getShort());
        }
      }
      case F64 -> {
        for (int i = 0; i < floats.length; i++) {
          floats[i] = (float) source.getDouble();
        }
      }
      default ->
          throw new WeightsException(
              "tensor: expected F32, F16, BF16 or F64 elements, found "
                  + type
                  + "; convert the file to float32 first");
    }
    return floats;
  }

  /**
   * Whether another tensor has the same type, shape and bytes.
   *
   * @param other the tensor to compare with
   * @return true if nothing differs; two NaN of the same bits are equal, 0 and −0 are not
   */
  public boolean contentEquals(Tensor other) {
    return type == other.type && Arrays.equals(shape, other.shape) && bytes.equals(other.bytes);
  }

  /** Type and shape, for example {@code F32 [384, 128]}. */
  @Override
  public String toString() {
    return type + " " + Arrays.toString(shape);
  }

  private static long numel(long[] shape) {
    long product = 1;
    for (long dimension : shape) {
      if (dimension < 0) {
        throw new IllegalArgumentException(
            "tensor: expected dimensions of at least 0, found " + Arrays.toString(shape));
      }
      product = Math.multiplyExact(product, dimension);
    }
    return product;
  }
}
