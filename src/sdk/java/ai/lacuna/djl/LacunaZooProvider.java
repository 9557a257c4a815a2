package ai.lacuna.djl;

import ai.djl.repository.zoo.ModelZoo;
import ai.djl.repository.zoo.ZooProvider;

/** Registers {@link LacunaModelZoo} with DJL, which finds it through {@code META-INF/services}. */
public final class LacunaZooProvider implements ZooProvider {
  /** For DJL. */
  public LacunaZooProvider() {}

  @Override
  public String getName() {
    return "Lacuna";
  }

  /** The zoo; its index is read at the first look at its models, not here. */
  @Override
  public ModelZoo getModelZoo() {
    return new LacunaModelZoo();
  }
}
