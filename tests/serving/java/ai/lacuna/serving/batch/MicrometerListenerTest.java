package ai.lacuna.serving.batch;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class MicrometerListenerTest {
  @Test
  void countsRequestsAndBatches() throws InterruptedException {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    MicrometerListener listener = new MicrometerListener(registry, Tags.of("model", "tiny"));
    BatchOptions options = BatchOptions.defaults().withMaxDelay(Duration.ZERO);
    try (Batcher<String, Integer> batcher =
        new Batcher<>(words -> words.stream().map(String::length).toList(), options, listener)) {
      assertEquals(5, batcher.call("shirt"));
      assertEquals(3, batcher.call("bag"));
      assertEquals(0, registry.get("lacuna.queue").tag("model", "tiny").gauge().value());
    }
    assertEquals(2, registry.get("lacuna.requests").tag("outcome", "answered").timer().count());
    assertEquals(0, registry.get("lacuna.requests").tag("outcome", "failed").timer().count());
    assertEquals(2, registry.get("lacuna.batch.size").summary().totalAmount());
    assertEquals(2, registry.get("lacuna.batch.run").timer().count());
  }

  @Test
  void showsTheQueueOfTheBatcherThatTookAnothersPlace() {
    SimpleMeterRegistry registry = new SimpleMeterRegistry();
    BatchOptions options = BatchOptions.defaults();
    try (Batcher<String, String> old =
            new Batcher<>(words -> words, options, new MicrometerListener(registry, Tags.empty()));
        Batcher<String, String> next =
            new Batcher<>(words -> words, options, new MicrometerListener(registry, Tags.empty()));
        Batcher<String, String>.Place place = next.reserve()) {
      assertEquals(0, old.waiting());
      assertEquals(1, registry.get("lacuna.queue").gauge().value());
      assertEquals("bag", place.submit("bag").join());
      assertEquals(0, registry.get("lacuna.queue").gauge().value());
    }
  }
}
