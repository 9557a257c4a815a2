package ai.lacuna.graph;

/** Element types that flow through a graph. */
public enum DType {
  /** IEEE 754 single precision. */
  FLOAT32(4),
  /** Unsigned bytes; how images travel. */
  UINT8(1),
  /** Signed 64-bit integers; indices. */
  INT64(8);

  private final int bytes;

  DType(int bytes) {
    this.bytes = bytes;
  }

  /** Size of one element in bytes. */
  public int bytes() {
    return bytes;
  }
}
