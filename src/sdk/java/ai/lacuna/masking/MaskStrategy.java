package ai.lacuna.masking;

import java.util.regex.Pattern;

/**
 * How the patches to remove are chosen. As text it is what {@code lacuna pretrain --mask} and a
 * run's {@code config.json} hold: a name, and after a colon the values that are not the default,
 * such as {@code stratified:blocks=0.7,least=0.1}.
 */
public sealed interface MaskStrategy extends MaskSamplers {
  /** The text that {@link #parse} reads. */
  String text();

  /**
   * Reads the text of a strategy.
   *
   * @param text a name of {@link MaskStrategyText#NAMES}, and values
   * @throws IllegalArgumentException if the name, a key or a value is not one
   */
  static MaskStrategy parse(String text) {
    return MaskStrategyText.parse(text);
  }

  /** {@code random}: uniform ({@link RandomMask}). */
  record Random() implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new RandomMask(grid.size(), keep);
    }

    @Override
    public String text() {
      return "random";
    }
  }

  /**
   * {@code block:least=0.08}: several blocks ({@link BlockMask}).
   *
   * @param least the smallest block as a share of the grid, in (0, 1]
   */
  record Block(double least) implements MaskStrategy {
    /** Checks the share. */
    public Block {
      BlockMask.requireShare(least);
    }

    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new BlockMask(grid, keep, least);
    }

    @Override
    public String text() {
      return "block:least=" + least;
    }
  }

  /** {@code window}: one contiguous window is removed ({@link WindowMask}). */
  record Window() implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new WindowMask(grid, keep);
    }

    @Override
    public String text() {
      return "window";
    }
  }

  /** {@code inverse-block}: one contiguous window is kept ({@link InverseBlockMask}). */
  record InverseBlock() implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new InverseBlockMask(grid, keep);
    }

    @Override
    public String text() {
      return "inverse-block";
    }
  }

  /** {@code grid}: a regular lattice is kept ({@link GridMask}). */
  record Grid() implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new GridMask(grid, keep);
    }

    @Override
    public String text() {
      return "grid";
    }
  }

  /**
   * {@code stratified:blocks=0.5,least=0.08}: blocks and single patches ({@link StratifiedMask}).
   *
   * @param blocks share of the removed patches that lies in blocks, 0 to 1
   * @param least the smallest block as a share of the grid, in (0, 1]
   */
  record Stratified(double blocks, double least) implements MaskStrategy {
    /** Checks the shares. */
    public Stratified {
      StratifiedMask.requireShare(blocks);
      BlockMask.requireShare(least);
    }

    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new StratifiedMask(grid, keep, blocks, least);
    }

    @Override
    public String text() {
      return "stratified:blocks=" + blocks + ",least=" + least;
    }
  }

  /** What makes a patch salient. */
  enum Saliency {
    /** {@link PatchWeights#contrast}. */
    CONTRAST,
    /** {@link PatchWeights#edges}. */
    EDGES
  }

  /**
   * {@code saliency:by=contrast,prefer=remove}: salient patches rather than others ({@link
   * WeightedMask}).
   *
   * @param by what makes a patch salient
   * @param prefer what happens to salient patches
   */
  record Salient(Saliency by, WeightedMask.Prefer prefer) implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      PatchWeights weights =
          switch (by) {
            case CONTRAST -> PatchWeights.contrast(grid);
            case EDGES -> PatchWeights.edges(grid);
          };
      return new WeightedMask(grid, keep, weights, prefer);
    }

    @Override
    public String text() {
      return "saliency:by="
          + MaskStrategyText.word(by)
          + ",prefer="
          + MaskStrategyText.word(prefer);
    }
  }

  /**
   * {@code low-frequency:prefer=remove}: flat patches rather than others ({@link
   * PatchWeights#flatness}).
   *
   * @param prefer what happens to flat patches
   */
  record LowFrequency(WeightedMask.Prefer prefer) implements MaskStrategy {
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      return new WeightedMask(grid, keep, PatchWeights.flatness(grid), prefer);
    }

    @Override
    public String text() {
      return "low-frequency:prefer=" + MaskStrategyText.word(prefer);
    }
  }

  /**
   * {@code custom:name=NAME}: the caller's own, which travel in code, not in the configuration. The
   * name is the caller's to change when the masks do: a run is resumed under the same name only.
   *
   * @param name letters, digits, dots, dashes and underscores
   */
  record Custom(String name) implements MaskStrategy {
    private static final Pattern NAME = Pattern.compile("[\\w.-]+");

    /** Checks the name. */
    public Custom {
      if (!NAME.matcher(name).matches()) {
        throw new IllegalArgumentException(
            "mask custom: expected a name of letters, digits, dots, dashes and underscores, found "
                + name);
      }
    }

    /**
     * {@inheritDoc}
     *
     * @throws IllegalArgumentException always: the caller has the samplers
     */
    @Override
    public ImageMaskSampler sampler(PatchGrid grid, int keep) {
      throw new IllegalArgumentException(
          "mask " + text() + ": expected the masks in PretrainerBuilder.masks, found none");
    }

    @Override
    public String text() {
      return "custom:name=" + name;
    }
  }
}
