package ai.lacuna.graph.torchscript;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Value;
import java.util.List;
import java.util.stream.Collectors;

/** The head, the lines and the end of a TorchScript method. */
final class MethodText {
  private final StringBuilder text = new StringBuilder();
  private String indent = "    ";

  static final String GRADIENT = "gradient";

  private MethodText(String name, Graph function, String selfType, String moreArguments) {
    text.append("  def ").append(name).append("(self: ").append(selfType);
    for (Value input : function.inputs()) {
      text.append(",\n    ").append(TorchScriptLowering.inputName(input)).append(": Tensor");
    }
    text.append(moreArguments);
    int results = function.outputs().size();
    String types =
        function.outputs().keySet().stream().map(n -> "Tensor").collect(Collectors.joining(", "));
    text.append(") -> ").append(results == 1 ? "Tensor" : "Tuple[" + types + "]").append(":\n");
  }

  /** Begins a method with the arguments and results of a function. */
  static MethodText of(String name, Graph function, String selfType) {
    return new MethodText(name, function, selfType, "");
  }

  /** Begins a method that also takes the gradient of its first result. */
  static MethodText withGradient(String name, Graph function, String selfType) {
    return new MethodText(name, function, selfType, ",\n    " + GRADIENT + ": Tensor");
  }

  void line(String statement) {
    text.append(indent).append(statement).append('\n');
  }

  /** Adds lines that run if a condition holds; what they assign is not known after them. */
  void when(String condition, Runnable lines) {
    line("if " + condition + ":");
    String outer = indent;
    indent += "  ";
    lines.run();
    indent = outer;
  }

  void assign(String name, String expression) {
    line(name + " = " + expression);
  }

  /** Ends the method. */
  String returning(List<String> results) {
    String joined = String.join(", ", results);
    line("return " + (results.size() == 1 ? joined : "(" + joined + ")"));
    return text.toString();
  }

  /** A function as a method of its name: an assignment for each operation. */
  static String plain(Graph function, String selfType, LoweringOptions options) {
    MethodText method = of(function.name(), function, selfType);
    TorchScriptLowering lowering = new TorchScriptLowering(function, options, method, "v");
    lowering.emit(function.values());
    return method.returning(function.outputs().values().stream().map(lowering::wide).toList());
  }
}
