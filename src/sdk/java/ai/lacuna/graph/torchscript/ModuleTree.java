package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.GraphException;
import ai.lacuna.graph.Parameter;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The modules that dotted parameter names imply: {@code blocks.0.norm1} is three levels deep. */
final class ModuleTree {
  private final String className;
  private final Map<String, ModuleTree> children = new LinkedHashMap<>();
  private final Map<String, Parameter> parameters = new LinkedHashMap<>();

  private ModuleTree(String className) {
    this.className = className;
  }

  static ModuleTree of(String rootClass, List<Parameter> parameters) {
    ModuleTree root = new ModuleTree(rootClass);
    for (Parameter parameter : parameters) {
      ModuleTree module = root;
      String[] path = parameter.name().split("\\.", -1);
      for (int i = 0; i < path.length - 1; i++) {
        String child = module.className + "_" + path[i];
        module = module.children.computeIfAbsent(path[i], key -> new ModuleTree(child));
      }
      module.parameters.put(path[path.length - 1], parameter);
    }
    root.requireDisjointNames();
    return root;
  }

  private void requireDisjointNames() {
    for (String name : parameters.keySet()) {
      if (children.containsKey(name)) {
        throw new GraphException(
            parameters.get(name) + ": expected a name that is not also a module's");
      }
    }
    children.values().forEach(ModuleTree::requireDisjointNames);
  }

  String className() {
    return className;
  }

  Map<String, ModuleTree> children() {
    return children;
  }

  Map<String, Parameter> parameters() {
    return parameters;
  }

  /** The expression that reads an attribute: numbers are no identifiers. */
  static String attribute(String object, String name) {
    return Character.isDigit(name.charAt(0))
        ? "getattr(" + object + ", \"" + name + "\")"
        : object + "." + name;
  }
}
