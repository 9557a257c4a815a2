package ai.lacuna.segment;

import ai.lacuna.finetune.Examination;
import ai.lacuna.run.RunSettings;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Judges a segmenter by its mean intersection over union.
 *
 * @param images to judge on; none if epochs are not judged
 */
record MaskExamination(SegmenterConfig config, Optional<MaskedImages> images, RunSettings settings)
    implements Examination {

  @Override
  public Verdict judge(NamedTensors weights) throws IOException {
    try (Segmented model = Segmented.of(config, weights, settings.device())) {
      SegmentationScores scores = model.evaluate(images.orElseThrow(), settings.maxCorrupt());
      return new Verdict(scores.meanIou(), scores.figures());
    }
  }

  @Override
  public void keep(Path file, NamedTensors weights) throws IOException {
    Segmented.write(file, config, weights);
  }
}
