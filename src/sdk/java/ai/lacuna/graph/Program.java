package ai.lacuna.graph;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Functions that share parameters: what one archive or one trained network holds.
 *
 * @param functions the functions; their names differ
 */
public record Program(List<Graph> functions) {
  /**
   * @throws GraphException if two functions have one name, or see a parameter in two shapes
   */
  public Program {
    functions = List.copyOf(functions);
    Map<String, Parameter> seen = new LinkedHashMap<>();
    List<String> names = new ArrayList<>();
    for (Graph function : functions) {
      if (names.contains(function.name())) {
        throw new GraphException("function " + function.name() + ": expected a new name");
      }
      names.add(function.name());
      for (Parameter parameter : function.parameters()) {
        Parameter known = seen.putIfAbsent(parameter.name(), parameter);
        if (known != null && !known.shape().equals(parameter.shape())) {
          throw new GraphException(
              parameter.name() + ": expected " + known.shape() + ", found " + parameter.shape());
        }
      }
    }
  }

  /** A program of these functions. */
  public static Program of(Graph... functions) {
    return new Program(List.of(functions));
  }

  /** Every parameter once, in order of first use. */
  public List<Parameter> parameters() {
    Map<String, Parameter> all = new LinkedHashMap<>();
    functions.forEach(f -> f.parameters().forEach(p -> all.putIfAbsent(p.name(), p)));
    return List.copyOf(all.values());
  }

  /**
   * The function of that name.
   *
   * @throws GraphException if there is none
   */
  public Graph function(String name) {
    return functions.stream()
        .filter(f -> f.name().equals(name))
        .findFirst()
        .orElseThrow(
            () ->
                new GraphException(
                    "function: expected one of "
                        + functions.stream().map(Graph::name).toList()
                        + ", found "
                        + name));
  }
}
