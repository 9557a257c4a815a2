package ai.lacuna.export;

import ai.djl.Device;
import ai.lacuna.engine.TorchModule;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.util.List;

/** What DJL makes of images with a whole network. */
final class NetworkReference implements ExportedHead.Reference {
  private final String function;
  private final TorchRunner runner;

  /**
   * Loads it.
   *
   * @param forward from images to logits or values, its first output
   * @param weights all parameters
   * @param preprocessing what brings images to its input
   */
  NetworkReference(Graph forward, NamedTensors weights, Preprocessing preprocessing) {
    this.function = forward.name();
    this.runner =
        new TorchRunner(
            TorchModule.load(Program.of(forward), Weights.source(weights), Device.cpu(), false),
            preprocessing);
  }

  @Override
  public float[][] logits(List<Pixels> images) {
    return runner.run(function, images);
  }

  @Override
  public void close() {
    runner.close();
  }
}
