package ai.lacuna.graph;

import java.util.List;

/** The result of one operation in a graph. Identity, not content, makes it equal. */
public final class Value {
  private final int id;
  private final Op op;
  private final List<Value> operands;
  private final TensorType type;

  Value(int id, Op op, List<Value> operands, TensorType type) {
    this.id = id;
    this.op = op;
    this.operands = List.copyOf(operands);
    this.type = type;
  }

  /** Position in the graph's order of construction; unique within the graph. */
  public int id() {
    return id;
  }

  /** The operation that makes this value. */
  public Op op() {
    return op;
  }

  /** What the operation reads, in order. */
  public List<Value> operands() {
    return operands;
  }

  /** Element type and shape. */
  public TensorType type() {
    return type;
  }

  /** Element type. */
  public DType dtype() {
    return type.dtype();
  }

  /** Shape. */
  public Shape shape() {
    return type.shape();
  }

  @Override
  public String toString() {
    return "%" + id + " " + op + " : " + type;
  }
}
