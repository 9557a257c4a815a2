package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import java.net.URI;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * An entry's line in the index.
 *
 * @param name the architecture, a dot, and how it was pretrained, in timm's manner: {@code
 *     vit_micro_patch4_28.mae_fashion_mnist}
 * @param about what people wrote about it
 * @param architecture the encoder's architecture
 * @param preprocessing what is done to an image before the encoder sees it
 * @param parameters numbers in the encoder's weights, fixed ones included
 * @param files the entry's files
 * @param consent whether the licence must be accepted before the weights are used
 * @param target what its head gives, if it has one
 * @param results measured figures, each with the command that gives it
 * @param studies figures that were repeated with several seeds
 * @param exports size, agreement and times of its exports
 */
public record ZooListing(
    String name,
    About about,
    VitConfig architecture,
    Preprocessing preprocessing,
    long parameters,
    List<ZooFile> files,
    boolean consent,
    Target target,
    List<ZooResult> results,
    List<ZooStudy> studies,
    List<ZooExport> exports) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");
  private static final Pattern MD5_PREFIX = Pattern.compile("[0-9a-f]{0,32}");
  private static final Set<String> LOOPBACK = Set.of("127.0.0.1", "[::1]", "localhost");
  private static final int MOST_LETTERS = 128;
  private static final int MOST_FILES = 64;

  /** Names that the cache keeps for itself. */
  private static final List<String> RESERVED = List.of(".part", ".origin", ".sha256", ".accepted");

  /**
   * @throws IllegalArgumentException if the name could leave the zoo's folder, a file is there
   *     twice, or the preprocessing does not give what the architecture takes
   */
  public ZooListing {
    requirePlainName("name", name);
    files = List.copyOf(files);
    results = List.copyOf(results);
    studies = List.copyOf(studies);
    exports = List.copyOf(exports);
    Set<String> paths = new HashSet<>();
    for (ZooFile file : files) {
      if (!paths.add(file.path().toLowerCase(Locale.ROOT)) || paths.size() > MOST_FILES) {
        throw new IllegalArgumentException(
            "%s: expected at most %s files, each of another name, found '%s' too"
                .formatted(name, MOST_FILES, file.path()));
      }
    }
    if (preprocessing.height() != architecture.imageHeight()
        || preprocessing.width() != architecture.imageWidth()
        || preprocessing.channels() != architecture.channels()) {
      throw new IllegalArgumentException(
          "%s: expected preprocessing to %s x %s x %s, found %s x %s x %s"
              .formatted(
                  name,
                  architecture.imageHeight(),
                  architecture.imageWidth(),
                  architecture.channels(),
                  preprocessing.height(),
                  preprocessing.width(),
                  preprocessing.channels()));
    }
  }

  /** What the head of an entry gives. */
  public enum Target {
    /** It has no head. */
    NONE,
    /** One class of several. */
    CLASSES,
    /** Any number of labels. */
    LABELS,
    /** Numbers. */
    VALUES
  }

  /** What a file of an entry is. */
  public enum Format {
    /** What its name says: {@code encoder.safetensors}, {@code config.json} and the like. */
    PLAIN,
    /** A PyTorch checkpoint with the encoder's weights, by their public MAE names. */
    TORCH_ENCODER,
    /** A PyTorch checkpoint of encoder and decoder; {@code decoder.json} describes the latter. */
    TORCH_AUTOENCODER,
    /** A PyTorch checkpoint of encoder and head; {@code finetune.json} describes the latter. */
    TORCH_CLASSIFIER
  }

  /**
   * A file and how to know it.
   *
   * @param path its name in the entry's folder
   * @param size its length in bytes; -1 if its publisher does not say
   * @param sha256 its SHA-256, 64 lower-case hexadecimal digits; empty if its publisher does not
   *     say
   * @param format what it is
   * @param source its address, if it is not beside the index; else empty
   * @param md5Prefix the first digits of its MD5, where that is all that its publisher says
   */
  public record ZooFile(
      String path, long size, String sha256, Format format, String source, String md5Prefix) {
    /**
     * @throws IllegalArgumentException if the path could leave the entry's folder, the address is
     *     none of a server, or the size or the hash cannot be one
     */
    public ZooFile {
      requirePlainName("path", path);
      if (RESERVED.stream().anyMatch(path.toLowerCase(Locale.ROOT)::endsWith)) {
        throw new IllegalArgumentException(
            "path: expected a name that does not end in " + RESERVED + ", found '" + path + "'");
      }
      boolean elsewhere = !source.isEmpty();
      boolean known = size >= 0 && SHA256.matcher(sha256).matches();
      boolean unknown = elsewhere && size >= -1 && sha256.isEmpty();
      if (!(known || unknown) || !MD5_PREFIX.matcher(md5Prefix).matches()) {
        throw new IllegalArgumentException(
            path + ": expected a size and a SHA-256, found " + size + " and '" + sha256 + "'");
      }
      if (elsewhere) {
        requireSafe(path, URI.create(source), known);
      }
    }

    /** A file beside the index that is what its name says. */
    public ZooFile(String path, long size, String sha256) {
      this(path, size, sha256, Format.PLAIN, "", "");
    }

    /** Without a digest only https tells that a file is its publisher's. */
    private static void requireSafe(String path, URI source, boolean known) {
      String scheme = String.valueOf(source.getScheme());
      String host = String.valueOf(source.getHost());
      if (scheme.equals("https") || (scheme.equals("http") && (known || LOOPBACK.contains(host)))) {
        return;
      }
      throw new IllegalArgumentException(
          "%s: expected an https address, or http and a SHA-256, found %s".formatted(path, source));
    }
  }

  /** The file of a name, if the entry has it. */
  public Optional<ZooFile> file(String path) {
    return files.stream().filter(file -> file.path().equals(path)).findFirst();
  }

  /** The file of a format other than {@link Format#PLAIN}, if the entry has one. */
  public Optional<ZooFile> file(Format format) {
    return files.stream().filter(file -> file.format() == format).findFirst();
  }

  /** The length of all files together, in bytes; those of unknown length count nothing. */
  public long size() {
    return files.stream().mapToLong(file -> Math.max(file.size(), 0)).sum();
  }

  static void requirePlainName(String what, String name) {
    if (name.length() > MOST_LETTERS || !NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          what + ": expected letters, digits, '_', '-' and inner dots, found '" + name + "'");
    }
  }
}
