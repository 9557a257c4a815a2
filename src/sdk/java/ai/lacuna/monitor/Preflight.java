package ai.lacuna.monitor;

import ai.djl.Device;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.graph.Parameter;
import ai.lacuna.instruments.Activations;
import ai.lacuna.instruments.Flops;
import ai.lacuna.instruments.MachinePeak;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Pretrainer;
import ai.lacuna.pretrain.PretrainerBuilder;
import ai.lacuna.pretrain.Validation;
import ai.lacuna.run.Progress;
import ai.lacuna.vit.MaskedAutoencoder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a run will be, known before it begins.
 *
 * @param encoderParameters values of the encoder, fixed ones included
 * @param decoderParameters values of the rest
 * @param visible patches that the encoder sees, of the last epoch
 * @param patches patches of an image
 * @param flops operations of one image, of the last epoch
 * @param stateBytes weights, gradients and the optimizer's two moments
 * @param activationBytes an estimate of what a batch, or the part of it that is computed at once,
 *     leaves for its backward pass, in the epoch that sees most patches
 * @param images images to train on
 * @param steps steps of the run
 * @param peakRate the learning rate after the warm-up
 * @param secondsPerStep measured over a few steps
 * @param firstLoss the loss of the first step
 * @param constantLoss the squared error of the best constant prediction, of a sample
 */
public record Preflight(
    long encoderParameters,
    long decoderParameters,
    int visible,
    int patches,
    Flops flops,
    long stateBytes,
    long activationBytes,
    int images,
    long steps,
    double peakRate,
    double secondsPerStep,
    double firstLoss,
    double constantLoss) {
  /** Weight, gradient, mean and mean square, each a float32. */
  private static final int STATE = 4 * Float.BYTES;

  /** The first step is slower: memory is got and threads begin. */
  private static final int STEPS = 4;

  private static final int SAMPLE = 256;

  /**
   * Estimates how long a run takes, from its operations and the machine's measured peak alone.
   *
   * @param config the configuration
   * @param images images to train on
   * @param device where it trains
   * @return seconds; real runs take longer
   */
  public static double leastSeconds(PretrainConfig config, int images, Device device) {
    double operations = (double) Flops.of(config.network()).training() * images;
    double rate = MachinePeak.flopsPerSecond(device, config.numerics().precision());
    return operations * config.recipe().epochs() / rate;
  }

  /**
   * Measures a few steps of the run in a temporary directory, which is removed.
   *
   * @param config the configuration
   * @param data the images to train on, at least one batch
   * @param device where it trains
   * @param more sets what else the pretrainer needs, such as the network of a perceptual loss
   * @return what was found
   * @throws IOException if an image can't be read, or the temporary directory not written
   * @throws IllegalArgumentException if the data is smaller than a batch
   */
  public static Preflight of(
      PretrainConfig config, ImageDataset data, Device device, Consumer<PretrainerBuilder> more)
      throws IOException {
    List<Progress.Step> steps = rehearse(config, data, device, more);
    double seconds = 0;
    for (Progress.Step step : steps.subList(Math.min(1, steps.size() - 1), steps.size())) {
      seconds += step.gauges().secondsPerStep().sum();
    }
    long all = count(config.network().program().parameters());
    long encoder = count(config.network().encoder().program().parameters());
    int batch = config.recipe().batchSize();
    int epochs = config.recipe().epochs();
    MaskedAutoencoder last = network(config, config.keep(epochs - 1));
    int most = IntStream.range(0, epochs).map(config::keep).max().orElse(last.keep());
    return new Preflight(
        encoder,
        all - encoder,
        last.keep(),
        config.vit().numPatches(),
        Flops.of(last),
        all * STATE,
        Activations.bytesOfImage(network(config, most).lossFunction())
            * batch
            / config.numerics().accumulation(),
        data.size(),
        (long) (data.size() / batch) * config.recipe().epochs(),
        config.recipe().schedule().peak(),
        seconds / Math.max(1, steps.size() - 1),
        steps.get(0).loss(),
        new Validation(config, data, SAMPLE, 1, device).constantLoss());
  }

  /** With the visible patches of an epoch, which may never come to the end of their schedule. */
  private static MaskedAutoencoder network(PretrainConfig config, int visible) {
    MaskedAutoencoder end = config.network();
    return new MaskedAutoencoder(
        end.encoder(), end.decoder(), visible, end.objective(), end.padded());
  }

  private static List<Progress.Step> rehearse(
      PretrainConfig config, ImageDataset data, Device device, Consumer<PretrainerBuilder> more)
      throws IOException {
    List<Progress.Step> steps = new ArrayList<>();
    Path directory = Files.createTempDirectory("lacuna-preflight");
    try {
      PretrainerBuilder builder =
          Pretrainer.builder(config, data)
              .run(directory)
              .device(device)
              .logEvery(1)
              .maxSteps(STEPS)
              .progress(
                  new Progress() {
                    @Override
                    public void onStep(Step step) {
                      steps.add(step);
                    }
                  });
      more.accept(builder);
      builder.build().run();
    } finally {
      try (Stream<Path> paths = Files.walk(directory)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
    return steps;
  }

  private static long count(List<Parameter> parameters) {
    return parameters.stream().mapToLong(parameter -> parameter.shape().numel()).sum();
  }

  /** Seconds of all steps, without validation. */
  public double seconds() {
    return steps * secondsPerStep;
  }
}
