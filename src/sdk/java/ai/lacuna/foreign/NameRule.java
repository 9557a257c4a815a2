package ai.lacuna.foreign;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A way of calling tensors.
 *
 * @param theirs the whole name in the file
 * @param kind what is done with such a tensor
 * @param ours its public MAE name, with {@code $1} for groups
 */
record NameRule(Pattern theirs, Kind kind, String ours) {
  /** What is done with a tensor. */
  enum Kind {
    /** It is part of encoder, decoder or a head that Lacuna has. */
    PART,
    /** It is part of a head that Lacuna does not have. */
    OTHER_HEAD,
    /** The network does not read it, and neither would Lacuna's. */
    UNUSED
  }

  static NameRule part(String theirs, String ours) {
    return new NameRule(Pattern.compile(theirs), Kind.PART, ours);
  }

  static NameRule of(Kind kind, String theirs) {
    return new NameRule(Pattern.compile(theirs), kind, "$0");
  }

  /** Our name of a tensor, if the rule is about it. */
  Optional<String> rename(String name) {
    Matcher matcher = theirs.matcher(name);
    return matcher.matches() ? Optional.of(matcher.replaceFirst(ours)) : Optional.empty();
  }
}
