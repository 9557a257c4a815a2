package ai.lacuna.probe;

import ai.lacuna.serving.Pooling;
import java.util.List;

/**
 * Which features of an encoder a classifier takes.
 *
 * @param blocks from 0; their features are concatenated in this order
 * @param pooling how the tokens of a block become features
 */
public record FeatureChoice(List<Integer> blocks, Pooling pooling) {
  /** Copies the list. */
  public FeatureChoice {
    blocks = List.copyOf(blocks);
  }

  /**
   * Says it in a few words.
   *
   * @return such as {@code cls_mean of blocks 2 3 4 5}
   */
  public String text() {
    StringBuilder text = new StringBuilder(pooling.label()).append(" of block");
    text.append(blocks.size() == 1 ? "" : "s");
    blocks.forEach(block -> text.append(' ').append(block));
    return text.toString();
  }
}
