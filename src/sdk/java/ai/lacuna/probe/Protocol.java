package ai.lacuna.probe;

import java.util.List;

/**
 * A published way to judge frozen features. All of them use the same features, computed once; what
 * is to be chosen is chosen on a part of the training images that is held out, and the test images
 * are looked at once, with what was chosen.
 */
public sealed interface Protocol
    permits LogisticProtocol, MaeProtocol, DinoProtocol, NeighboursProtocol, FewShotProtocol {

  /**
   * Returns the name on the command line.
   *
   * @return one of {@code logistic}, {@code mae}, {@code dino}, {@code knn}, {@code few-shot}
   */
  String label();

  /**
   * Runs the protocol.
   *
   * @param task the features
   * @return what was found
   * @throws ProbeException if nothing can be fitted on the data
   */
  ProtocolResult run(ProbeTask task);

  /**
   * Returns every protocol with its published settings.
   *
   * @return in the order of this interface
   */
  static List<Protocol> all() {
    return List.of(
        LogisticProtocol.standard(),
        MaeProtocol.published(),
        DinoProtocol.published(),
        NeighboursProtocol.published(),
        FewShotProtocol.standard());
  }
}
