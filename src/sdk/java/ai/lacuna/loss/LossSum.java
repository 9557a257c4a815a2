package ai.lacuna.loss;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Value;
import ai.lacuna.text.NearMatches;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A weighted sum of losses: {@code mse + 0.1*frequency}.
 *
 * @param terms at least one; at most one of them perceptual
 */
public record LossSum(List<Term> terms) {
  /** The words of losses, in the order of messages. */
  private static final List<String> WORDS =
      List.of(
          SquaredError.WORD,
          AbsoluteError.WORD,
          Charbonnier.WORD,
          FocalFrequency.WORD,
          Perceptual.WORD);

  /** Keeps the mean of no patches at 0 / 10⁻¹² = 0; vanishes beside a count of one. */
  private static final double NO_PATCH = 1e-12;

  /** A plus, but not that of an exponent. */
  private static final Pattern TERMS = Pattern.compile("(?<![0-9.][eE])\\+");

  /**
   * One loss and its weight.
   *
   * @param weight above 0
   * @param loss the loss
   */
  public record Term(double weight, ReconstructionLoss loss) {
    /**
     * @throws IllegalArgumentException if the weight is not above 0
     */
    public Term {
      if (!(weight > 0 && weight < Double.POSITIVE_INFINITY)) {
        throw new IllegalArgumentException(
            "loss " + loss.text() + ": expected a weight above 0, found " + weight);
      }
    }

    private String text() {
      return weight == 1 ? loss.text() : weight + "*" + loss.text();
    }
  }

  /**
   * @throws IllegalArgumentException if there is no term, or more than one perceptual term
   */
  public LossSum {
    terms = List.copyOf(terms);
    long perceptual = terms.stream().filter(term -> term.loss() instanceof Perceptual).count();
    if (terms.isEmpty() || perceptual > 1) {
      throw new IllegalArgumentException(
          "loss: expected at least one term and at most one perceptual network, found "
              + terms.size()
              + " and "
              + perceptual);
    }
  }

  /** A single loss of weight 1. */
  public static LossSum of(ReconstructionLoss loss) {
    return new LossSum(List.of(new Term(1, loss)));
  }

  /**
   * Reads a sum: terms separated by {@code +}, each {@code [WEIGHT*]LOSS}.
   *
   * @param text with {@code mse}, {@code l1}, {@code charbonnier[:EPSILON]}, {@code
   *     frequency[:ALPHA]}, {@code perceptual:NETWORK}
   * @return the sum
   * @throws IllegalArgumentException if it is not such a text; says which loss was perhaps meant
   */
  public static LossSum parse(String text) {
    List<Term> terms = new ArrayList<>();
    for (String part : TERMS.split(text, -1)) {
      String term = part.strip();
      int colon = term.indexOf(':');
      int star = term.indexOf('*');
      boolean weighted = star >= 0 && (colon < 0 || star < colon);
      double weight = weighted ? number("weight", term.substring(0, star).strip(), text) : 1;
      terms.add(new Term(weight, loss(weighted ? term.substring(star + 1).strip() : term, text)));
    }
    return new LossSum(terms);
  }

  private static ReconstructionLoss loss(String term, String text) {
    int colon = term.indexOf(':');
    String word = (colon < 0 ? term : term.substring(0, colon)).strip();
    String argument = colon < 0 ? "" : term.substring(colon + 1).strip();
    boolean takesArgument = !Set.of(SquaredError.WORD, AbsoluteError.WORD).contains(word);
    if (colon >= 0 && WORDS.contains(word) && !takesArgument) {
      throw new IllegalArgumentException(
          "loss: expected " + word + " without an argument, found " + term);
    }
    return switch (word) {
      case SquaredError.WORD -> new SquaredError();
      case AbsoluteError.WORD -> new AbsoluteError();
      case Charbonnier.WORD ->
          new Charbonnier(
              colon < 0 ? Charbonnier.EPSILON : number("epsilon of charbonnier", argument, text));
      case FocalFrequency.WORD ->
          new FocalFrequency(
              colon < 0 ? FocalFrequency.ALPHA : number("alpha of frequency", argument, text));
      case Perceptual.WORD -> new Perceptual(argument);
      default -> {
        String hint = NearMatches.question(word, WORDS);
        throw new IllegalArgumentException(
            "loss: expected one of "
                + String.join(", ", WORDS)
                + ", or a sum as mse + 0.1*frequency, found '"
                + word
                + "'"
                + (hint.isEmpty() ? "" : "; " + hint));
      }
    };
  }

  private static double number(String what, String digits, String text) {
    try {
      return Double.parseDouble(digits);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "loss " + text + ": expected a number as the " + what + ", found '" + digits + "'", e);
    }
  }

  /** The sum as {@link #parse} reads it. */
  public String text() {
    return terms.stream().map(Term::text).collect(Collectors.joining(" + "));
  }

  /** The loss that needs a network of its own. */
  public Optional<Perceptual> perceptual() {
    return terms.stream()
        .map(Term::loss)
        .filter(Perceptual.class::isInstance)
        .map(Perceptual.class::cast)
        .findFirst();
  }

  /**
   * Adds the terms to a function, all but the perceptual one.
   *
   * @param g the function
   * @param pred predictions [batch, N, side · side · channels]
   * @param target as {@code pred}
   * @param mask [batch, N], 1 for patches that count, 0 for others
   * @param shape of a patch
   * @return Σ weight · mean over the images of (Σ mask · loss / Σ mask), a scalar; an image of
   *     which no patch counts adds 0; the constant 0 without such a term
   */
  public Value value(
      GraphBuilder g, Value pred, Value target, Value mask, PatchLoss.PatchShape shape) {
    Value count = g.add(g.sum(mask, false, 1), g.scalar(NO_PATCH));
    return value(
        g,
        pred,
        target,
        shape,
        perPatch -> g.mean(g.div(g.sum(g.mul(perPatch, mask), false, 1), count), false, 0));
  }

  /**
   * The same of removed patches alone: a mean over all that are given.
   *
   * @param g the function
   * @param pred predictions [batch, removed, side · side · channels]
   * @param target as {@code pred}
   * @param shape of a patch
   * @return Σ weight · mean of the loss, a scalar; the constant 0 without such a term
   */
  public Value value(GraphBuilder g, Value pred, Value target, PatchLoss.PatchShape shape) {
    return value(g, pred, target, shape, perPatch -> g.mean(perPatch, false, 0, 1));
  }

  private Value value(
      GraphBuilder g,
      Value pred,
      Value target,
      PatchLoss.PatchShape shape,
      UnaryOperator<Value> meanOfPatches) {
    Value difference = g.sub(g.cast(pred, DType.FLOAT32), target);
    List<Value> weighted = new ArrayList<>();
    for (Term term : terms) {
      if (term.loss() instanceof PatchLoss loss) {
        Value mean = meanOfPatches.apply(loss.perPatch(g, difference, shape));
        weighted.add(term.weight() == 1 ? mean : g.mul(mean, g.scalar(term.weight())));
      }
    }
    return weighted.stream().reduce(g::add).orElseGet(() -> g.scalar(0));
  }
}
