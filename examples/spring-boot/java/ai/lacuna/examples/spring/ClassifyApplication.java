package ai.lacuna.examples.spring;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.ImageIntake;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.Prediction;
import ai.lacuna.serving.Prepared;
import ai.lacuna.serving.ServingOptions;
import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.MicrometerListener;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import java.io.IOException;
import java.util.List;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.actuate.health.Health;
import org.springframework.boot.actuate.health.HealthIndicator;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.context.properties.bind.BindException;
import org.springframework.context.annotation.Bean;

/**
 * Classifies images over HTTP: {@code java -jar lacuna-example-spring-boot-0.1.0.jar
 * --lacuna.bundle=BUNDLE}, then post an image to {@code /classify}.
 *
 * <p>Spring closes the beans in the reverse of the order in which they need each other: intake and
 * batcher before the classifier, whose native memory nobody uses then.
 */
@SpringBootApplication(proxyBeanMethods = false)
@EnableConfigurationProperties(ClassifyProperties.class)
public final class ClassifyApplication {
  /** 4,000 x 4,000, decoded 48 MB. */
  private static final int MAX_PIXELS = 16_000_000;

  /** Starts the service; exit code 2 says that a setting is wrong. */
  public static void main(String[] args) {
    try {
      SpringApplication.run(ClassifyApplication.class, args);
    } catch (RuntimeException e) {
      // Spring has said what is wrong. Its ExitCodeGenerator tells an event, and of a context that
      // did not start Actuator cannot be told.
      for (Throwable cause = e; cause != null; cause = cause.getCause()) {
        if (cause instanceof SettingException || cause instanceof BindException) {
          System.exit(2);
        }
      }
      throw e;
    }
  }

  @Bean(destroyMethod = "close")
  OnnxClassifier classifier(ClassifyProperties properties) {
    try {
      return Bundle.open(properties.bundle())
          .classifier(ServingOptions.defaults().withDevice(properties.device()));
    } catch (BundleException | IllegalArgumentException | IOException e) {
      throw new SettingException(String.valueOf(e.getMessage()), e);
    }
  }

  @Bean(destroyMethod = "close")
  Batcher<Prepared, List<Prediction>> batcher(
      OnnxClassifier classifier, ClassifyProperties properties, MeterRegistry metrics) {
    return new Batcher<>(
        images -> classifier.classifyPrepared(images, properties.topK()),
        BatchOptions.defaults().withQueueCapacity(properties.queue()),
        new MicrometerListener(metrics, Tags.empty()));
  }

  @Bean(destroyMethod = "close")
  ImageIntake intake(OnnxClassifier classifier, ClassifyProperties properties) {
    return new ImageIntake(classifier::prepare, properties.maxBodyBytes(), MAX_PIXELS);
  }

  @Bean
  HealthIndicator classifierHealthIndicator(
      OnnxClassifier classifier, Batcher<Prepared, List<Prediction>> batcher) {
    return () ->
        Health.up()
            .withDetail("model", classifier.manifest().name())
            .withDetail("device", classifier.device())
            .withDetail("waiting", batcher.waiting())
            .build();
  }
}
