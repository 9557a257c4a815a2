package ai.lacuna.finetune;

import ai.lacuna.run.RunSettings;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Judges a network by its deciding figure, with the weights in the units of the data.
 *
 * @param images to judge on; none if epochs are not judged
 */
record ImageExamination(
    FineTuneConfig config, Optional<LabelledImages> images, RunSettings settings)
    implements Examination {

  @Override
  public Verdict judge(NamedTensors weights) throws IOException {
    try (FineTuned model =
        FineTuned.of(config, config.scale().inUnits(weights), settings.device())) {
      Scores scores =
          model.evaluate(images.orElseThrow(), settings.workers(), settings.maxCorrupt());
      return new Verdict(scores.score(), scores.figures());
    }
  }

  @Override
  public void keep(Path file, NamedTensors weights) throws IOException {
    FineTuned.write(file, config, config.scale().inUnits(weights));
  }
}
