package ai.lacuna.foreign;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.TorchCheckpoint;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What a file holds, without its wrappers.
 *
 * @param tensors by the network's own names
 * @param unwrapped what was taken off, outermost first
 */
record ForeignFile(NamedTensors tensors, List<String> unwrapped) {
  /** Prefixes that say nothing about the network. */
  private static final List<String> PREFIXES =
      List.of("module.", "_orig_mod.", "model.", "network.", "net.");

  /** Far more than anybody has; each costs a copy of all names. */
  private static final int MOST_WRAPPERS = 16;

  private static final List<String> TORCH_SUFFIXES =
      List.of(".pth", ".pt", ".bin", ".ckpt", ".pkl", ".pth.tar");

  private static final String PATCHES = "patch_embed.proj.weight";
  private static final String HF_PATCHES = "embeddings.patch_embeddings.projection.weight";
  private static final String TORCHVISION_PATCHES = "conv_proj.weight";

  /** Where a tar archive says that it is one. */
  private static final int TAR_AT = 257;

  /**
   * Reads a file of any of the formats.
   *
   * @param settings whether to pass over a training's {@code argparse.Namespace}
   * @throws WeightsException if it is none, is damaged, or holds Python objects
   * @throws IOException if it can't be read
   */
  static ForeignFile read(Path file, boolean settings) throws IOException {
    if (Files.isDirectory(file)) {
      throw new WeightsException(
          file + ": expected a file of weights, found a folder; give the file in it");
    }
    requireNoTar(file);
    List<String> unwrapped = new ArrayList<>();
    NamedTensors tensors;
    // What begins like neither is named by the reader of what it is called.
    boolean saysSo = isNamedAsOfTorch(file) && !Safetensors.looksLikeOne(file);
    if (TorchCheckpoint.looksLikeOne(file) || saysSo) {
      TorchCheckpoint checkpoint = TorchCheckpoint.read(file, settings);
      unwrapped.addAll(checkpoint.unwrapped());
      tensors = checkpoint.tensors();
    } else {
      tensors = Safetensors.read(file);
    }
    for (String prefix = common(tensors); !prefix.isEmpty(); prefix = common(tensors)) {
      if (unwrapped.size() == MOST_WRAPPERS) {
        throw new WeightsException(
            "%s: expected at most %s wrappers around a network, found more; save its state_dict()"
                    .formatted(file, MOST_WRAPPERS)
                + " alone");
      }
      unwrapped.add(prefix);
      tensors = without(prefix, tensors);
    }
    String around = around(tensors, file.toString());
    if (!around.isEmpty()) {
      unwrapped.add(around);
      tensors = without(around, tensors);
    }
    return new ForeignFile(tensors, unwrapped);
  }

  private static boolean isNamedAsOfTorch(Path file) {
    String name = String.valueOf(file.getFileName()).toLowerCase(Locale.ROOT);
    return TORCH_SUFFIXES.stream().anyMatch(name::endsWith);
  }

  /**
   * Recognises whose names they are; MAE's own and timm's are the same.
   *
   * @throws WeightsException if nobody's
   */
  Layout layout(String where) {
    List<String> names = tensors.names();
    if (names.stream().anyMatch(name -> name.endsWith(HF_PATCHES))) {
      return Layout.HF;
    }
    if (names.stream().anyMatch(ForeignFile::isLightly)) {
      return Layout.LIGHTLY;
    }
    if (names.contains(TORCHVISION_PATCHES)) {
      return Layout.TORCHVISION;
    }
    if (names.contains(PATCHES)) {
      return Layout.TIMM;
    }
    throw new WeightsException(
        "%s: expected the names of mae, timm, hf, torchvision or lightly, found %s; save the"
                .formatted(where, some(names))
            + " state_dict() of a vision transformer alone");
  }

  private static boolean isLightly(String name) {
    return name.matches("(?:backbone\\.vit|backbone|vit)\\.(?:patch_embed\\.proj|conv_proj)\\..*");
  }

  private static String some(List<String> names) {
    List<String> first = names.stream().limit(3).toList();
    if (first.isEmpty()) {
      return "no tensors";
    }
    return String.join(", ", first) + (names.size() > first.size() ? " and others" : "");
  }

  private static String common(NamedTensors tensors) {
    return PREFIXES.stream()
        .filter(prefix -> tensors.names().stream().allMatch(name -> name.startsWith(prefix)))
        .filter(prefix -> tensors.size() > 0)
        .findFirst()
        .orElse("");
  }

  private static NamedTensors without(String prefix, NamedTensors tensors) {
    NamedTensors.Builder stripped = NamedTensors.builder();
    for (NamedTensors.Entry entry : tensors) {
      String name = entry.name();
      stripped.add(
          name.startsWith(prefix) ? name.substring(prefix.length()) : name, entry.tensor());
    }
    return stripped.build();
  }

  /** What stands before the names of the one network in the file. */
  private static String around(NamedTensors tensors, String where) {
    List<String> networks =
        tensors.names().stream()
            .flatMap(
                name ->
                    List.of(PATCHES, HF_PATCHES, TORCHVISION_PATCHES).stream()
                        .filter(name::endsWith)
                        .map(end -> name.substring(0, name.length() - end.length())))
            .distinct()
            .toList();
    if (networks.size() > 1) {
      throw new WeightsException(
          "%s: expected one network, found %s, named %s; save the one you want alone"
              .formatted(where, networks.size(), networks));
    }
    // Those are names of a layout, not around one.
    return networks.stream()
        .filter(prefix -> !List.of("vit.", "backbone.", "backbone.vit.").contains(prefix))
        .map(prefix -> prefix.endsWith(".vit.") ? prefix.replaceFirst("vit\\.$", "") : prefix)
        .findFirst()
        .orElse("");
  }

  private static void requireNoTar(Path file) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] start = in.readNBytes(TAR_AT + 5);
      if (start.length == TAR_AT + 5
          && new String(
                  Arrays.copyOfRange(start, TAR_AT, start.length), StandardCharsets.ISO_8859_1)
              .equals("ustar")) {
        throw new WeightsException(
            file
                + ": expected a file of torch.save or safetensors, found a tar archive; if PyTorch"
                + " below 0.4 wrote it, load it in Python and save it again, else unpack it");
      }
    }
  }
}
