package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Tensor;
import ai.lacuna.weights.WeightsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Tensors under their public MAE names.
 *
 * @param known those of encoder, decoder and head
 * @param unknown those that no rule is about, under their own names
 * @param otherHead names of tensors of a head that Lacuna does not have
 * @param unused names of tensors that the network does not read
 */
record Renamed(
    NamedTensors known, NamedTensors unknown, List<String> otherHead, List<String> unused) {

  /**
   * Renames the tensors of a layout.
   *
   * @throws WeightsException if two tensors would have one name
   */
  static Renamed of(Layout layout, NamedTensors tensors) {
    List<NameRule> rules = LayoutNames.of(layout);
    Map<String, Tensor> known = new LinkedHashMap<>();
    NamedTensors.Builder unknown = NamedTensors.builder();
    List<String> otherHead = new ArrayList<>();
    List<String> unused = new ArrayList<>();
    for (NamedTensors.Entry entry : tensors) {
      Optional<NameRule> rule =
          rules.stream().filter(r -> r.rename(entry.name()).isPresent()).findFirst();
      if (rule.isEmpty()) {
        unknown.add(entry.name(), entry.tensor());
        continue;
      }
      switch (rule.get().kind()) {
        case PART -> {
          String name = rule.get().rename(entry.name()).orElseThrow();
          Tensor first = known.putIfAbsent(name, entry.tensor());
          if (first != null && !first.contentEquals(entry.tensor())) {
            throw new WeightsException(
                "%s: expected one tensor that is %s, found two; save one network alone"
                    .formatted(entry.name(), name));
          }
        }
        case OTHER_HEAD -> otherHead.add(entry.name());
        case UNUSED -> unused.add(entry.name());
      }
    }
    if (known.keySet().stream().noneMatch(name -> name.startsWith("decoder_"))
        && known.remove("mask_token") != null) {
      unused.add("mask_token"); // lightly's encoders have one for methods that keep all tokens.
    }
    NamedTensors.Builder ours = NamedTensors.builder();
    known.forEach(ours::add);
    return new Renamed(Fusion.of(ours.build()), unknown.build(), otherHead, unused);
  }

  /** The same with other known tensors. */
  Renamed with(NamedTensors others) {
    return new Renamed(others, unknown, otherHead, unused);
  }

  boolean has(String name) {
    return known.find(name).isPresent();
  }

  boolean hasDecoder() {
    return known.names().stream().anyMatch(Renamed::isDecoder);
  }

  static boolean isDecoder(String name) {
    return name.startsWith("decoder_") || name.equals("mask_token");
  }
}
