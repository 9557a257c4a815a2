package ai.lacuna.serving.batch;

import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.Tags;
import io.micrometer.core.instrument.Timer;
import java.time.Duration;
import java.util.EnumMap;
import java.util.Locale;
import java.util.Map;

/**
 * Reports a {@link Batcher} to Micrometer, for applications that have it; {@code lacuna-serving}
 * does not bring it. Meters:
 *
 * <ul>
 *   <li>{@code lacuna.requests}: timer of requests, tag {@code outcome}: answered, failed,
 *       timed_out, cancelled or rejected
 *   <li>{@code lacuna.batch.size}: summary of the requests of a batch
 *   <li>{@code lacuna.batch.run}: timer of the batches
 *   <li>{@code lacuna.queue}: gauge of the requests that wait; of several batchers with the same
 *       tags, such as one that takes the place of another, that of the newest
 * </ul>
 */
public final class MicrometerListener implements BatchListener {
  private final MeterRegistry registry;
  private final Tags tags;
  private final Map<Outcome, Timer> requests = new EnumMap<>(Outcome.class);
  private final DistributionSummary size;
  private final Timer run;

  /**
   * Registers the meters.
   *
   * @param registry where
   * @param tags of all of them, to tell several batchers apart; possibly none
   */
  public MicrometerListener(MeterRegistry registry, Tags tags) {
    this.registry = registry;
    this.tags = tags;
    for (Outcome outcome : Outcome.values()) {
      requests.put(
          outcome,
          Timer.builder("lacuna.requests")
              .tags(tags.and("outcome", outcome.name().toLowerCase(Locale.ROOT)))
              .publishPercentileHistogram()
              .register(registry));
    }
    this.size = DistributionSummary.builder("lacuna.batch.size").tags(tags).register(registry);
    this.run = Timer.builder("lacuna.batch.run").tags(tags).register(registry);
  }

  @Override
  public void started(Batcher<?, ?> batcher) {
    // A registry gives back the gauge that it has, with the batcher of that one.
    registry.remove(queue(batcher));
    queue(batcher);
  }

  private Gauge queue(Batcher<?, ?> batcher) {
    return Gauge.builder("lacuna.queue", batcher, Batcher::waiting).tags(tags).register(registry);
  }

  @Override
  public void ended(Outcome outcome, Duration took) {
    Timer timer = requests.get(outcome);
    if (timer != null) {
      timer.record(took);
    }
  }

  @Override
  public void ran(int batch, Duration took) {
    size.record(batch);
    run.record(took);
  }
}
