package ai.lacuna.data;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a label file says of an image, before it is known what is to be predicted. */
public sealed interface Annotation {
  /**
   * A name.
   *
   * @param name of a class or a label
   */
  record Name(String name) implements Annotation {}

  /**
   * A number.
   *
   * @param field what it is called
   * @param value finite: the number of a class, or a value
   */
  record Figure(String field, double value) implements Annotation {
    /** Whether it may be the number of a class: whole, from 0 to a million. */
    public boolean isClass() {
      return value == Math.rint(value) && value >= 0 && value <= ClassNames.MOST;
    }
  }

  /**
   * Any number of names.
   *
   * @param names of labels, possibly none
   */
  record Names(List<String> names) implements Annotation {
    /** Copies the names. */
    public Names {
      names = List.copyOf(names);
    }
  }

  /**
   * Numbers by name.
   *
   * @param values finite, in their order
   */
  record Figures(Map<String, Double> values) implements Annotation {
    /** Copies the values. */
    public Figures {
      values = Collections.unmodifiableMap(new LinkedHashMap<>(values));
    }
  }

  /** In the words of a label file, for errors. */
  default String text() {
    if (this instanceof Name name) {
      return name.name();
    }
    if (this instanceof Figure figure) {
      return figure.isClass()
          ? String.valueOf((long) figure.value())
          : String.valueOf(figure.value());
    }
    return this instanceof Names names
        ? String.valueOf(names.names())
        : String.valueOf(((Figures) this).values());
  }
}
