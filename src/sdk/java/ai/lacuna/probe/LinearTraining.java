package ai.lacuna.probe;

import ai.lacuna.probe.ProtocolResult.Trial;
import ai.lacuna.train.CosineSchedule;
import java.util.ArrayList;
import java.util.List;

/** Trains linear layers for every rate and feature choice, and the best one again on all images. */
record LinearTraining(LinearTrainer.Kind kind, CosineSchedule schedule, int batchSize) {

  /** Refuses rates that are none. */
  static void requireRates(List<Double> rates) {
    if (rates.isEmpty() || rates.stream().anyMatch(rate -> !(rate > 0))) {
      throw new IllegalArgumentException("rates: expected numbers above 0, found " + rates);
    }
  }

  private record Candidate(FeatureChoice features, double rate, double accuracy) {
    String text() {
      return "rate " + LogisticProtocol.plain(rate) + ", " + features.text();
    }
  }

  ProtocolResult run(
      Protocol protocol, ProbeTask task, List<FeatureChoice> choices, List<Double> rates) {
    long started = System.nanoTime();
    List<Candidate> candidates =
        choices.size() * rates.size() == 1
            ? List.of(new Candidate(choices.get(0), rates.get(0), Double.NaN))
            : candidates(protocol, task, choices, rates);
    Candidate best = candidates.get(0);
    for (Candidate candidate : candidates) {
      best = candidate.accuracy() > best.accuracy() ? candidate : best;
    }
    FeatureChoice features = best.features();
    LinearHead head;
    try (LinearTrainer trainer = trainer(task, features, protocol.label() + ": train the best")) {
      LinearTrainer.Layer layer = trainer.train(task.allRows(), List.of(best.rate())).get(0);
      head = task.head(layer.weights(), layer.bias(), features);
    }
    List<Trial> trials =
        candidates.size() == 1
            ? List.of()
            : candidates.stream().map(c -> new Trial(c.text(), c.accuracy())).toList();
    Evaluation test = Evaluation.of(head, task.unseen(features));
    return ProtocolResult.of(protocol, best.text(), trials, head, test, started);
  }

  private List<Candidate> candidates(
      Protocol protocol, ProbeTask task, List<FeatureChoice> choices, List<Double> rates) {
    boolean[] heldOut = task.heldOut();
    int[] kept = task.rows(heldOut, false);
    int[] judged = ProbeTask.rowsOf(heldOut);
    List<Candidate> candidates = new ArrayList<>();
    for (int i = 0; i < choices.size(); i++) {
      FeatureChoice features = choices.get(i);
      String stage = "%s: choose, %s of %s".formatted(protocol.label(), i + 1, choices.size());
      try (LinearTrainer trainer = trainer(task, features, stage)) {
        List<LinearTrainer.Layer> layers = trainer.train(kept, rates);
        for (int r = 0; r < rates.size(); r++) {
          double accuracy = (double) trainer.right(layers.get(r), judged) / judged.length;
          candidates.add(new Candidate(features, rates.get(r), accuracy));
        }
      }
    }
    return candidates;
  }

  private LinearTrainer trainer(ProbeTask task, FeatureChoice features, String stage) {
    return new LinearTrainer(
        task.known(features),
        task.classes(),
        task.device(),
        kind,
        schedule,
        batchSize,
        task.seed(),
        (done, total) -> task.progress().update(stage, done, total));
  }
}
