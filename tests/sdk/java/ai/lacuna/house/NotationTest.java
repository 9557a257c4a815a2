package ai.lacuna.house;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.source.tree.CompilationUnitTree;
import com.sun.source.tree.ExpressionTree;
import com.sun.source.tree.IdentifierTree;
import com.sun.source.tree.LiteralTree;
import com.sun.source.tree.MemberSelectTree;
import com.sun.source.tree.MethodInvocationTree;
import com.sun.source.tree.NewClassTree;
import com.sun.source.tree.VariableTree;
import com.sun.source.util.JavacTask;
import com.sun.source.util.SourcePositions;
import com.sun.source.util.TreeScanner;
import com.sun.source.util.Trees;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import javax.tools.JavaCompiler;
import javax.tools.JavaFileObject;
import javax.tools.SimpleJavaFileObject;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Numbers are written in one notation under every locale: where a machine speaks Arabic, {@code
 * "%d".formatted(12)} gives other digits. The process of the command line has the neutral locale,
 * but whoever uses the libraries has their own.
 */
class NotationTest {
  private static final List<Path> SOURCES =
      List.of(Path.of("..", "sdk", "java"), Path.of("..", "serving", "java"));

  /** A conversion whose result is the locale's; those of texts are not. */
  private static final Pattern OF_LOCALE =
      Pattern.compile("%(?:\\d+\\$)?[-#+ 0,(<]*\\d*(?:\\.\\d+)?(?![sSbBcCxXn%])[a-zA-Z]");

  private static List<String> found(Iterable<? extends JavaFileObject> sources) throws IOException {
    JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
    JavacTask task =
        (JavacTask) compiler.getTask(null, null, null, List.of("-proc:none"), null, sources);
    SourcePositions positions = Trees.instance(task).getSourcePositions();
    List<String> found = new ArrayList<>();
    for (CompilationUnitTree unit : task.parse()) {
      Calls calls = new Calls(unit);
      calls.scan(unit, null);
      for (ExpressionTree call : calls.wrong) {
        long line = unit.getLineMap().getLineNumber(positions.getEndPosition(unit, call));
        found.add(Path.of(unit.getSourceFile().getName()).getFileName() + ":" + line);
      }
    }
    return found;
  }

  /** Finds calls that write numbers in the notation of the default locale. */
  private static final class Calls extends TreeScanner<Void, Void> {
    private final List<ExpressionTree> wrong = new ArrayList<>();
    private final Map<String, ExpressionTree> constants = new HashMap<>();

    Calls(CompilationUnitTree unit) {
      new TreeScanner<Void, Void>() {
        @Override
        public Void visitVariable(VariableTree variable, Void unused) {
          if (variable.getInitializer() != null) {
            constants.put(variable.getName().toString(), variable.getInitializer());
          }
          return super.visitVariable(variable, null);
        }
      }.scan(unit, null);
    }

    @Override
    public Void visitMethodInvocation(MethodInvocationTree call, Void unused) {
      if (call.getMethodSelect() instanceof MemberSelectTree select) {
        String name = select.getIdentifier().toString();
        boolean ofString = select.getExpression().toString().equals("String");
        boolean formats = name.equals("format") && ofString;
        if (name.equals("formatted") && isOfLocale(select.getExpression())) {
          wrong.add(call);
        } else if ((formats || name.equals("printf"))
            && !call.getArguments().get(0).toString().startsWith("Locale.")
            && isOfLocale(call.getArguments().get(0))) {
          wrong.add(call);
        }
      }
      return super.visitMethodInvocation(call, null);
    }

    @Override
    public Void visitNewClass(NewClassTree made, Void unused) {
      if (List.of("Formatter", "DecimalFormat").contains(made.getIdentifier().toString())) {
        wrong.add(made);
      }
      return super.visitNewClass(made, null);
    }

    /** Whether a text that is written in this file has such a conversion, or none is. */
    private boolean isOfLocale(ExpressionTree text) {
      List<String> literals = new ArrayList<>();
      Set<String> seen = new HashSet<>();
      new TreeScanner<Void, Void>() {
        @Override
        public Void visitLiteral(LiteralTree literal, Void none) {
          literals.add(String.valueOf(literal.getValue()));
          return null;
        }

        @Override
        public Void visitIdentifier(IdentifierTree identifier, Void none) {
          String name = identifier.getName().toString();
          return seen.add(name) ? scan(constants.get(name), null) : null;
        }
      }.scan(text, null);
      String written = String.join("", literals).replace("%%", "");
      return literals.isEmpty() || OF_LOCALE.matcher(written).find();
    }
  }

  @Test
  void numbersAreWrittenInOneNotation() throws IOException {
    List<Path> files = new ArrayList<>();
    for (Path root : SOURCES) {
      try (Stream<Path> all = Files.walk(root)) {
        all.filter(file -> file.toString().endsWith(".java"))
            .filter(file -> !file.toString().contains("ai/lacuna/cli/"))
            .forEach(files::add);
      }
    }
    assertTrue(files.size() > 400, files.size() + " files");
    try (StandardJavaFileManager manager =
        ToolProvider.getSystemJavaCompiler().getStandardFileManager(null, null, null)) {
      assertEquals(List.of(), found(manager.getJavaFileObjectsFromPaths(files)));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      quoteCharacter = '\'',
      textBlock =
          """
          "%d images".formatted(n)                    | 1
          ("%s: " + "%,d images").formatted(name, n)  | 1
          ("%s: " + WORDS + "%.1f").formatted(a, b)   | 1
          WORDS.formatted(n)                          | 1
          unknown().formatted(n)                      | 1
          String.format("%5.2f", n)                   | 1
          out.printf("%e", n)                         | 1
          new java.util.Formatter()                   | 0
          new Formatter()                             | 1
          "%s images, 100 %%, found %x%n".formatted() | 0
          String.format(Locale.ROOT, "%d", n)         | 0
          """)
  void wouldBeFound(String code, int times) throws IOException {
    String source = "class A { static final String WORDS = \"%d\"; Object a = " + code + "; }";
    JavaFileObject file =
        new SimpleJavaFileObject(URI.create("string:///A.java"), JavaFileObject.Kind.SOURCE) {
          @Override
          public CharSequence getCharContent(boolean ignoreErrors) {
            return source;
          }
        };
    assertEquals(times, found(List.of(file)).size());
  }
}
