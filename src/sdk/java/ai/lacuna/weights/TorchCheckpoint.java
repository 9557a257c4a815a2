package ai.lacuna.weights;

import ai.lacuna.weights.PickleValue.TensorView;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Weights from a file that {@code torch.save} wrote: the zip layout and the older one of stacked
 * pickles, read as data. No Python class is ever loaded.
 *
 * <p>What wraps the tensors is taken off and named: maps called {@code model}, {@code state_dict}
 * and the like, and the prefix {@code module.} of data-parallel training.
 *
 * @param tensors by name, in the file's order; those of a zip are mapped into memory
 * @param unwrapped what was taken off, outermost first; empty for plain weights
 */
public record TorchCheckpoint(NamedTensors tensors, List<String> unwrapped) {
  private static final List<String> WRAPPERS =
      List.of("model", "state_dict", "model_state_dict", "model_state", "module", "net");

  private static final String PREFIX = "module.";
  private static final int MAX_WRAPPERS = 3;

  /** Texts above this are no wrapper's content. */
  private static final long MAX_PICKLE = 64L << 20;

  /** Copies the list. */
  public TorchCheckpoint {
    unwrapped = List.copyOf(unwrapped);
  }

  /**
   * Says whether a file begins like one of {@code torch.save}.
   *
   * @param file any file
   * @return true for a zip archive and for stacked pickles
   * @throws IOException if it can't be read
   */
  public static boolean looksLikeOne(Path file) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer start = start(channel);
      return isZip(start) || StackedPickles.isOne(start);
    }
  }

  /**
   * Reads a checkpoint of weights alone.
   *
   * @param file the file; it must not be cut or overwritten in place while the result is in use
   * @return its tensors
   * @throws WeightsException if it is not such a file, is damaged, or holds Python objects
   * @throws IOException if it can't be read
   */
  public static TorchCheckpoint read(Path file) throws IOException {
    return read(file, false);
  }

  /**
   * Reads a checkpoint.
   *
   * @param file the file; it must not be cut or overwritten in place while the result is in use
   * @param settings whether to pass over a training's settings, {@code argparse.Namespace}; they
   *     are not looked at
   * @return its tensors
   * @throws WeightsException if it is not such a file, is damaged, or holds other Python objects
   * @throws IOException if it can't be read
   */
  public static TorchCheckpoint read(Path file, boolean settings) throws IOException {
    String where = file.toString();
    PickleGlobals globals = new PickleGlobals(settings, where);
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      ByteBuffer start = start(channel);
      if (StackedPickles.isOne(start)) {
        StackedPickles pickles = StackedPickles.read(channel, globals, where);
        return of(pickles.root(), new TorchTensors(pickles::bytes, where), where);
      }
      if (!isZip(start)) {
        byte[] bytes = new byte[start.remaining()];
        start.get(bytes);
        String hint = FileSignature.hint(bytes);
        throw new WeightsException(
            where
                + ": expected a file of torch.save, found "
                + (hint.isEmpty() ? "another beginning; give a .pth or .safetensors" : hint));
      }
      return zip(new ZipRecords(channel, where), globals, where);
    }
  }

  private static ByteBuffer start(FileChannel channel) throws IOException {
    ByteBuffer start = ByteBuffer.allocate(64);
    int read = 0;
    while (start.hasRemaining() && read >= 0) {
      read = channel.read(start, start.position());
    }
    return start.flip();
  }

  private static boolean isZip(ByteBuffer start) {
    return start.remaining() >= 4
        && start.duplicate().order(ByteOrder.LITTLE_ENDIAN).getInt(start.position()) == 0x04034b50;
  }

  private static TorchCheckpoint zip(ZipRecords records, PickleGlobals globals, String where)
      throws IOException {
    List<String> pickles =
        records.names().stream()
            .filter(name -> name.endsWith("/data.pkl") && name.indexOf('/') == name.length() - 9)
            .toList();
    if (pickles.size() != 1) {
      throw new WeightsException(
          "%s: expected a file of torch.save, with one FOLDER/data.pkl, found a zip archive of %s and"
                  .formatted(where, records.names().get(0))
              + " %s such files; unpack it, and give the checkpoint in it"
                  .formatted(pickles.size()));
    }
    String folder = pickles.get(0).substring(0, pickles.get(0).length() - "data.pkl".length());
    if (records.has(folder + "byteorder")) {
      String order =
          StandardCharsets.US_ASCII.decode(records.read(folder + "byteorder")).toString();
      if (!order.equals("little")) {
        throw new WeightsException(
            where + ": expected little-endian numbers, found " + PickleGlobals.printable(order));
      }
    }
    ByteBuffer pickle = records.read(pickles.get(0));
    if (pickle.remaining() > MAX_PICKLE) {
      throw new WeightsException(
          where + ": expected a pickle of at most 64 MB, found " + pickle.remaining() + " bytes");
    }
    Object root = Pickle.read(pickle, globals, where);
    if (pickle.hasRemaining()) {
      throw new WeightsException(where + ": expected one pickle, found bytes behind it");
    }
    return of(
        root,
        new TorchTensors(storage -> records.read(folder + "data/" + storage.key()), where),
        where);
  }

  private static TorchCheckpoint of(@Nullable Object root, TorchTensors tensors, String where)
      throws IOException {
    List<String> unwrapped = new ArrayList<>();
    Object content = root;
    for (int i = 0; i < MAX_WRAPPERS; i++) {
      Optional<String> wrapper = wrapper(content);
      if (wrapper.isPresent() && content instanceof Map<?, ?> map) {
        content = map.get(wrapper.get());
        unwrapped.add(wrapper.get());
      }
    }
    Map<String, TensorView> views = views(content);
    if (views.isEmpty()) {
      throw new WeightsException(
          where + ": expected named tensors, found none; save model.state_dict() in Python");
    }
    boolean prefixed = views.keySet().stream().allMatch(name -> name.startsWith(PREFIX));
    if (prefixed) {
      unwrapped.add(PREFIX);
    }
    NamedTensors.Builder named = NamedTensors.builder();
    for (Map.Entry<String, TensorView> view : views.entrySet()) {
      String name = prefixed ? view.getKey().substring(PREFIX.length()) : view.getKey();
      named.add(name, tensors.of(name, view.getValue()));
    }
    return new TorchCheckpoint(named.build(), unwrapped);
  }

  /** The first of the known names under which tensors lie, if the map holds none itself. */
  private static Optional<String> wrapper(@Nullable Object content) {
    if (!(content instanceof Map<?, ?> map) || !views(map).isEmpty()) {
      return Optional.empty();
    }
    return WRAPPERS.stream().filter(name -> map.get(name) instanceof Map<?, ?>).findFirst();
  }

  private static Map<String, TensorView> views(@Nullable Object content) {
    Map<String, TensorView> views = new LinkedHashMap<>();
    if (content instanceof Map<?, ?> map) {
      map.forEach(
          (key, value) -> {
            if (key instanceof String name && value instanceof TensorView view) {
              views.put(name, view);
            }
          });
    }
    return views;
  }
}
