package ai.lacuna.foreign;

import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.PositionEmbeddings;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * An architecture as the shapes of its tensors tell it; they don't tell heads, which follow the
 * usual widths.
 *
 * @param tensors by the public MAE names
 * @param where the file's name for messages
 */
record Architecture(NamedTensors tensors, String where) {
  /** Width of an attention head in ViT-Ti to ViT-L. */
  private static final int HEAD_WIDTH = 64;

  /** Width of an attention head in MAE's decoder. */
  private static final int DECODER_HEAD_WIDTH = 32;

  private static final List<VitConfig> PRESETS =
      List.of(
          VitConfig.micro4(),
          VitConfig.tiny16(),
          VitConfig.small16(),
          VitConfig.base16(),
          VitConfig.large16(),
          VitConfig.huge14());

  /**
   * The encoder.
   *
   * @param gridHeight patches from top to bottom; 0 for a square grid
   * @param gridWidth patches from left to right; 0 for a square grid
   * @param heads attention heads; 0 for those of the preset of this width and depth, or of width 64
   * @throws WeightsException if a tensor that tells it is missing or of another rank, or heads or
   *     the grid can't be told
   */
  VitConfig encoder(int gridHeight, int gridWidth, int heads) {
    long[] kernel = shape("patch_embed.proj.weight", 4);
    if (kernel[2] != kernel[3]) {
      throw new WeightsException(
          "%s: patch_embed.proj.weight: expected square patches, found %s x %s; choose a model"
                  .formatted(where, kernel[2], kernel[3])
              + " with square patches");
    }
    int width = small("patch_embed.proj.weight", kernel[0]);
    int patch = small("patch_embed.proj.weight", kernel[2]);
    int depth = blocks("blocks.");
    double ratio = (double) shape("blocks.0.mlp.fc1.weight", 2)[0] / width;
    shape("cls_token", 3);
    long patches = shape("pos_embed", 3)[1] - 1;
    int[] grid = grid(patches, gridHeight, gridWidth);
    return made(
        () ->
            new VitConfig(
                Math.multiplyExact(grid[0], patch),
                Math.multiplyExact(grid[1], patch),
                small("patch_embed.proj.weight", kernel[1]),
                patch,
                width,
                depth,
                heads > 0 ? heads : heads(width, depth),
                ratio,
                VitConfig.Positions.LEARNED));
  }

  /** The encoder with its positions called fixed if they are the published table. */
  VitConfig withPositions(VitConfig vit) {
    Tensor table = tensors.require("pos_embed");
    boolean fixed = vit.embedDim() % 4 == 0 && PositionEmbeddings.isFixed(table.toFloats(), vit);
    return vit.with(fixed ? VitConfig.Positions.SIN_COS : VitConfig.Positions.LEARNED);
  }

  /**
   * The decoder.
   *
   * @param heads attention heads; 0 for heads of width 32, as MAE's
   * @throws WeightsException as {@link #encoder}
   */
  DecoderConfig decoder(int heads) {
    int width = small("decoder_embed.weight", shape("decoder_embed.weight", 2)[0]);
    int depth = blocks("decoder_blocks.");
    double ratio = (double) shape("decoder_blocks.0.mlp.fc1.weight", 2)[0] / width;
    if (heads == 0 && width % DECODER_HEAD_WIDTH != 0) {
      throw new WeightsException(
          "%s: expected a decoder whose width is a multiple of %s, found %s; give the number of its"
                  .formatted(where, DECODER_HEAD_WIDTH, width)
              + " heads (--decoder-heads)");
    }
    int all = heads > 0 ? heads : width / DECODER_HEAD_WIDTH;
    return made(() -> new DecoderConfig(width, depth, all, ratio));
  }

  /** The head, which reads the class token unless it has a norm of its own for the mean. */
  Optional<HeadConfig> head() {
    Optional<Tensor> weight = tensors.find("head.weight");
    if (weight.isEmpty()) {
      return Optional.empty();
    }
    int outputs = small("head.weight", shape("head.weight", 2)[0]);
    if (outputs < 2) {
      throw new WeightsException(
          "%s: head.weight: expected at least 2 outputs, found %s; drop the head (--drop-head)"
              .formatted(where, outputs));
    }
    boolean mean = tensors.find("fc_norm.weight").isPresent();
    return Optional.of(
        made(
            () ->
                new HeadConfig(
                    mean ? HeadConfig.Pooling.MEAN : HeadConfig.Pooling.CLS,
                    HeadConfig.Target.CLASSES,
                    outputs)));
  }

  private interface Maker<T> {
    T make();
  }

  private <T> T made(Maker<T> maker) {
    try {
      return maker.make();
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new WeightsException(where + ": " + e.getMessage(), e);
    }
  }

  private int heads(int width, int depth) {
    for (VitConfig preset : PRESETS) {
      if (preset.embedDim() == width && preset.depth() == depth) {
        return preset.numHeads();
      }
    }
    if (width % HEAD_WIDTH != 0) {
      throw new WeightsException(
          "%s: expected a known width or a multiple of %s, found %s; give the number of attention"
                  .formatted(where, HEAD_WIDTH, width)
              + " heads (--heads)");
    }
    return width / HEAD_WIDTH;
  }

  private int[] grid(long patches, int height, int width) {
    if (height > 0) {
      if ((long) height * width != patches) {
        throw new WeightsException(
            "%s: pos_embed: expected 1 + %s x %s rows, found %s; give the file's own grid (--grid)"
                .formatted(where, height, width, patches + 1));
      }
      return new int[] {height, width};
    }
    int side = (int) Math.round(Math.sqrt((double) patches));
    if (patches < 1 || (long) side * side != patches) {
      throw new WeightsException(
          "%s: pos_embed: expected 1 + a square number of rows, found %s; give the grid of patches"
                  .formatted(where, patches + 1)
              + " (--grid HxW)");
    }
    return new int[] {side, side};
  }

  /** How many blocks there are from 0 on; gaps are for the strict comparison to find. */
  private int blocks(String prefix) {
    int depth = 0;
    while (tensors.find(prefix + depth + ".norm1.weight").isPresent()) {
      depth++;
    }
    if (depth == 0) {
      shape(prefix + "0.norm1.weight", 1);
    }
    return depth;
  }

  private long[] shape(String name, int rank) {
    Optional<Tensor> tensor = tensors.find(name);
    if (tensor.isEmpty() || tensor.get().shape().length != rank || tensor.get().numel() == 0) {
      throw new WeightsException(
          "%s: %s: expected %s dimensions to recognise the architecture by, found %s; save the whole"
                  .formatted(
                      where,
                      name,
                      rank,
                      tensor.map(t -> Arrays.toString(t.shape())).orElse("no such tensor"))
              + " state_dict(), or give another --layout");
    }
    return tensor.get().shape();
  }

  private int small(String name, long size) {
    if (size > Integer.MAX_VALUE) {
      throw new WeightsException(where + ": " + name + ": found a dimension of " + size);
    }
    return (int) size;
  }
}
