package ai.lacuna.cli;

import ai.djl.Device;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.loss.Perceptual;
import ai.lacuna.pretrain.FrozenNetwork;
import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.pretrain.Replay;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** Finds the network that a user means by {@code perceptual:NETWORK}. */
final class PerceptualNetworks {
  private PerceptualNetworks() {}

  /**
   * Finds a file, a zoo entry or a run, and tries it.
   *
   * @param config whose loss may name a network
   * @param device where it will run
   * @return the network; empty if the loss needs none
   * @throws ai.lacuna.zoo.ZooException if the zoo has no such entry
   * @throws IllegalArgumentException if it does not take the run's images
   */
  static Optional<FrozenNetwork> find(PretrainConfig config, Device device) throws IOException {
    Optional<String> named = config.objective().loss().perceptual().map(Perceptual::network);
    return named.isEmpty()
        ? Optional.empty()
        : Optional.of(find(named.get()).requireFit(config, device));
  }

  /** The network that a run's loss names; empty if it names none, or is no run. */
  static Optional<FrozenNetwork> ofRun(Path run, Device device) throws IOException {
    return Files.isRegularFile(run.resolve("config.json"))
        ? find(Replay.configOf(run), device)
        : Optional.empty();
  }

  private static FrozenNetwork find(String name) throws IOException {
    Path file = Arguments.path(name);
    boolean pathLike = file.getNameCount() > 1 || name.matches(".*\\.(pt|pth|zip|ts)");
    if (Files.isRegularFile(file) || (pathLike && !Files.isDirectory(file))) {
      return FrozenNetwork.ofFile(file);
    }
    try (Encoder encoder = Encoders.load(name, Device.cpu())) {
      return FrozenNetwork.ofEncoder(name, encoder.network(), encoder.weights());
    }
  }
}
