package ai.lacuna.examples.spring;

import org.springframework.boot.diagnostics.AbstractFailureAnalyzer;
import org.springframework.boot.diagnostics.FailureAnalysis;
import org.springframework.core.Ordered;
import org.springframework.core.annotation.Order;

/** Says what is wrong and how to start, in place of a stack trace; in {@code spring.factories}. */
@Order(Ordered.HIGHEST_PRECEDENCE)
final class SettingFailureAnalyzer extends AbstractFailureAnalyzer<SettingException> {
  private static final String USAGE =
      "usage: java -jar lacuna-example-spring-boot-0.1.0.jar --lacuna.bundle=BUNDLE"
          + " [--server.port=PORT]";

  @Override
  protected FailureAnalysis analyze(Throwable failure, SettingException cause) {
    return new FailureAnalysis(cause.getMessage(), USAGE, cause);
  }
}
