package ai.lacuna.vit;

import ai.lacuna.graph.Value;
import java.util.List;

/**
 * What an encoder makes of the visible patches.
 *
 * @param states [batch, 1 + K, D] each: what the first block takes, then what each block gives,
 *     before the final norm
 * @param latent [batch, 1 + K, D], the last state after the final norm
 */
record VisibleTokens(List<Value> states, Value latent) {
  VisibleTokens {
    states = List.copyOf(states);
  }
}
