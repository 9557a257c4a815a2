package ai.lacuna.finetune;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Which layers are trained, and for how long: progressive unfreezing (arXiv 1801.06146, section
 * 3.3).
 *
 * <pre>
 *   head@2, last4@4, all@6       two epochs of the head, four of it and the top four blocks, six of
 *                                everything
 *   head@1, all@5*0.5            the second phase at half the learning rate
 * </pre>
 *
 * @param phases in order, at least one
 */
public record UnfreezePlan(List<Phase> phases) {
  private static final Pattern TERM =
      Pattern.compile("(head|all|last(\\d{1,4}))@(\\d{1,6})(?:\\*([0-9.eE+-]+))?");

  /**
   * A part of the run with the same layers trained.
   *
   * @param blocks top blocks that are trained beside head and final norm; {@link #ALL} for the
   *     whole network
   * @param epochs passes over the data, at least 1
   * @param rateFactor times the learning rate, above 0
   */
  public record Phase(int blocks, int epochs, double rateFactor) {
    /** Every block, patch embedding and class token. */
    public static final int ALL = -1;

    /**
     * @throws IllegalArgumentException if a value is out of range
     */
    public Phase {
      if (blocks < ALL || epochs < 1 || !(rateFactor > 0) || Double.isInfinite(rateFactor)) {
        throw new IllegalArgumentException(
            "unfreeze phase: expected blocks of at least 0, epochs of at least 1 and a rate factor"
                + " above 0, found "
                + blocks
                + ", "
                + epochs
                + " and "
                + rateFactor);
      }
    }

    private boolean isWiderThan(Phase other) {
      return other.blocks != ALL && (blocks == ALL || blocks > other.blocks);
    }

    /** As in {@link UnfreezePlan#text}. */
    public String text() {
      String layers = blocks == ALL ? "all" : blocks == 0 ? "head" : "last" + blocks;
      String factor = rateFactor == 1 ? "" : "*" + rateFactor;
      return layers + "@" + epochs + factor;
    }
  }

  /**
   * Copies the phases.
   *
   * @throws IllegalArgumentException if there is none
   */
  public UnfreezePlan {
    phases = List.copyOf(phases);
    if (phases.isEmpty()) {
      throw new IllegalArgumentException("unfreeze plan: expected at least one phase, found none");
    }
  }

  /** The whole network from the start. */
  public static UnfreezePlan all(int epochs) {
    return new UnfreezePlan(List.of(new Phase(Phase.ALL, epochs, 1)));
  }

  /** The head and the top blocks only: partial fine-tuning (arXiv 2111.06377, figure 9). */
  public static UnfreezePlan lastBlocks(int blocks, int epochs) {
    return new UnfreezePlan(List.of(new Phase(blocks, epochs, 1)));
  }

  /** The head only, on the frozen encoder. */
  public static UnfreezePlan head(int epochs) {
    return lastBlocks(0, epochs);
  }

  /** This plan, then another one. */
  public UnfreezePlan then(UnfreezePlan next) {
    List<Phase> both = new ArrayList<>(phases);
    both.addAll(next.phases);
    return new UnfreezePlan(both);
  }

  /**
   * Reads a plan.
   *
   * @param text phases separated by commas, see the class
   * @return the plan
   * @throws IllegalArgumentException if a phase is not of that form
   */
  public static UnfreezePlan parse(String text) {
    return new UnfreezePlan(Arrays.stream(text.split(",", -1)).map(UnfreezePlan::phase).toList());
  }

  private static Phase phase(String term) {
    Matcher matcher = TERM.matcher(term.strip().toLowerCase(Locale.ROOT));
    if (!matcher.matches()) {
      throw new IllegalArgumentException(
          "unfreeze plan: expected phases such as head@2, last4@4 or all@6, found "
              + term.strip()
              + "; write LAYERS@EPOCHS");
    }
    int blocks =
        switch (matcher.group(1)) {
          case "head" -> 0;
          case "all" -> Phase.ALL;
          default -> Integer.parseInt(matcher.group(2));
        };
    String factor = matcher.group(4);
    try {
      return new Phase(
          blocks,
          Integer.parseInt(matcher.group(3)),
          factor == null ? 1 : Double.parseDouble(factor));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "unfreeze plan: expected a number after *, found " + term.strip(), e);
    }
  }

  /** The plan as {@link #parse} reads it. */
  public String text() {
    return phases.stream().map(Phase::text).collect(Collectors.joining(", "));
  }

  /** Epochs of all phases. */
  public int epochs() {
    return phases.stream().mapToInt(Phase::epochs).sum();
  }

  /** The phase that trains most layers; of several the first. */
  public Phase widest() {
    return phases.get(widestPhase());
  }

  int widestPhase() {
    int widest = 0;
    for (int i = 1; i < phases.size(); i++) {
      widest = phases.get(i).isWiderThan(phases.get(widest)) ? i : widest;
    }
    return widest;
  }

  /** The phase of an epoch, counted from 0; later epochs belong to the last phase. */
  int phaseOf(int epoch) {
    int end = 0;
    for (int i = 0; i < phases.size(); i++) {
      end += phases.get(i).epochs();
      if (epoch < end) {
        return i;
      }
    }
    return phases.size() - 1;
  }

  /** Epochs before a phase. */
  int firstEpochOf(int phase) {
    return phases.subList(0, phase).stream().mapToInt(Phase::epochs).sum();
  }

  /** Whether a phase trains a layer, see {@link Layers}. */
  boolean trains(int phase, int layer, int depth) {
    int blocks = phases.get(phase).blocks();
    return blocks == Phase.ALL || layer > depth - blocks;
  }

  void requireFit(int depth) {
    for (Phase phase : phases) {
      if (phase.blocks() > depth) {
        throw new IllegalArgumentException(
            "unfreeze plan: expected at most the "
                + depth
                + " blocks of the encoder, found "
                + phase.text()
                + "; write all@"
                + phase.epochs()
                + " for the whole network");
      }
    }
  }
}
