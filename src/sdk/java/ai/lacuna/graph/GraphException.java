package ai.lacuna.graph;

/** A graph that does not fit together: the operation, what it expects and what it received. */
public final class GraphException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /**
   * @param message names the operation, what is expected and what is found
   */
  public GraphException(String message) {
    super(message);
  }
}
