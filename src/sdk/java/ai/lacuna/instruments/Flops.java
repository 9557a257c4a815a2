package ai.lacuna.instruments;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Op;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.vit.MaskedAutoencoder;

/**
 * Floating-point operations of a masked autoencoder for one image: those of its matrix products, 2
 * for each multiply and add; norms, activations and softmax, a percent or two, are not counted.
 * They are those of the published network, as utilisation is counted; the loss alone takes fewer,
 * see {@link MaskedAutoencoder#lossFunction}.
 *
 * @param encoder of the encoder's forward pass, on the class token and the visible patches
 * @param decoder of the decoder's forward pass, its first and last layer included
 */
public record Flops(long encoder, long decoder) {
  /** A backward pass has two products for each of the forward pass. */
  private static final int PASSES = 3;

  /**
   * Counts a network.
   *
   * @param network the network, with its number of visible patches
   * @return the operations of one image
   */
  public static Flops of(MaskedAutoencoder network) {
    long encoder = ofImage(network.encodeFunction());
    return new Flops(encoder, ofImage(network.forward()) - encoder);
  }

  /**
   * Counts the matrix products of a function for a batch of one.
   *
   * @param function linear layers, other products, convolutions and attention are counted
   * @return operations of one forward pass
   */
  public static long ofImage(Graph function) {
    long sum = 0;
    for (Value value : function.values()) {
      if (value.op() instanceof Op.Linear) {
        long in = value.operands().get(1).shape().dim(1);
        sum += 2 * elements(value.shape()) * in;
      } else if (value.op() instanceof Op.MatMul) {
        sum += 2 * elements(value.shape()) * value.operands().get(1).shape().dim(0);
      } else if (value.op() instanceof Op.Conv) {
        Shape kernel = value.operands().get(1).shape();
        sum += 2 * elements(value.shape()) * (kernel.numel() / kernel.dim(0));
      } else if (value.op() instanceof Op.Attention) {
        // q·kᵀ and its product with v.
        Shape query = value.operands().get(0).shape();
        long keys = value.operands().get(1).shape().dim(-2);
        sum += 2 * elements(query) * keys + 2 * elements(value.shape()) * keys;
      }
    }
    return sum;
  }

  private static long elements(Shape shape) {
    long elements = 1;
    for (long dim : shape.dims()) {
      elements = Math.multiplyExact(elements, dim == Shape.BATCH ? 1 : dim);
    }
    return elements;
  }

  /** Operations of a forward pass. */
  public long forward() {
    return encoder + decoder;
  }

  /** Operations of a step: forward and backward, which is twice the forward pass. */
  public long training() {
    return PASSES * forward();
  }
}
