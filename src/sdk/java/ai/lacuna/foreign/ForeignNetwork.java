package ai.lacuna.foreign;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * A network from a foreign file, under the public MAE names and checked against its architecture.
 *
 * <pre>{@code
 * ForeignNetwork network = ForeignWeights.of(Path.of("mae_pretrain_vit_base.pth")).read();
 * try (Encoder encoder =
 *     Encoder.of("mae", network.vit(), network.preprocessing(), network.encoder(), Device.cpu())) {
 *   float[] embedding = encoder.embed(Pixels.read(Path.of("cat.jpg")));
 * }
 * }</pre>
 *
 * @param file where it comes from
 * @param layout whose names the file has
 * @param vit the encoder's architecture
 * @param preprocessing what is done to an image before the encoder sees it
 * @param encoder the encoder's tensors, float32
 * @param decoder the decoder, if the file has one
 * @param head the head, if the file has one and it was not dropped
 * @param notes what was unwrapped, converted, dropped and assumed, a sentence each
 */
public record ForeignNetwork(
    Path file,
    Layout layout,
    VitConfig vit,
    Preprocessing preprocessing,
    NamedTensors encoder,
    Optional<Decoder> decoder,
    Optional<Head> head,
    List<String> notes) {

  /** Copies the notes. */
  public ForeignNetwork {
    notes = List.copyOf(notes);
  }

  /**
   * A masked autoencoder's decoder.
   *
   * @param config its shape
   * @param weights its tensors, float32
   */
  public record Decoder(DecoderConfig config, NamedTensors weights) {}

  /**
   * A linear head.
   *
   * @param config which tokens it reads, and its outputs
   * @param weights all tensors of encoder and head, as {@link ai.lacuna.vit.ImageClassifier} names
   *     them
   */
  public record Head(HeadConfig config, NamedTensors weights) {}
}
