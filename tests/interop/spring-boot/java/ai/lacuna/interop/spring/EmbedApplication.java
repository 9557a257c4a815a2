package ai.lacuna.interop.spring;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.OnnxClassifier;
import ai.lacuna.serving.OnnxEncoder;
import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.net.URL;
import java.nio.file.Path;
import java.util.Arrays;
import org.springframework.boot.ApplicationArguments;
import org.springframework.boot.ApplicationRunner;
import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Embeds an image by the bundle in this jar and by the same bundle outside, which must agree:
 * {@code java -jar lacuna-interop-spring-boot-0.1.0.jar IMAGE BUNDLE}.
 */
@SpringBootApplication
public class EmbedApplication implements ApplicationRunner {
  private final OnnxEncoder encoder;
  private final OnnxClassifier classifier;

  /** Spring makes it, with the models that {@link Models} opens. */
  public EmbedApplication(OnnxEncoder encoder, OnnxClassifier classifier) {
    this.encoder = encoder;
    this.classifier = classifier;
  }

  /** The bundle on the class path and its models, closed with the application. */
  @Configuration
  public static class Models {
    /** Opens the bundle in this jar. */
    @Bean
    public Bundle bundle() throws IOException {
      return Bundle.openResource("bundle", EmbedApplication.class.getClassLoader());
    }

    /** Opens the encoder. */
    @Bean
    public OnnxEncoder encoder(Bundle bundle) {
      return bundle.encoder();
    }

    /** Opens the classifier. */
    @Bean
    public OnnxClassifier classifier(Bundle bundle) {
      return bundle.classifier();
    }
  }

  @Override
  public void run(ApplicationArguments arguments) throws IOException {
    Path image = Path.of(arguments.getNonOptionArgs().get(0));
    float[] inside = encoder.embed(Pixels.read(image));
    try (OnnxEncoder other = OnnxEncoder.open(Path.of(arguments.getNonOptionArgs().get(1)))) {
      float[] outside = other.embed(Pixels.read(image));
      if (!Arrays.equals(inside, outside)) {
        throw new IllegalStateException("embedding: expected that of the folder, found another");
      }
    }
    URL place = EmbedApplication.class.getClassLoader().getResource("bundle/manifest.json");
    System.out.printf(
        "JDK %s: %d numbers from %s, on %s; %s%n",
        Runtime.version().feature(),
        inside.length,
        place,
        encoder.device(),
        classifier.classify(Pixels.read(image), 1));
  }

  /** Starts Spring. */
  public static void main(String[] args) {
    SpringApplication.run(EmbedApplication.class, args).close();
  }
}
