package ai.lacuna.zoo;

import ai.lacuna.serving.Preprocessing;
import ai.lacuna.vit.VitConfig;
import java.util.List;
import java.util.Optional;
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
 * @param files the entry's files, but {@code results.json}
 */
public record ZooListing(
    String name,
    About about,
    VitConfig architecture,
    Preprocessing preprocessing,
    long parameters,
    List<ZooFile> files) {
  private static final Pattern NAME = Pattern.compile("[A-Za-z0-9_-]+(\\.[A-Za-z0-9_-]+)*");
  private static final Pattern SHA256 = Pattern.compile("[0-9a-f]{64}");

  /**
   * @throws IllegalArgumentException if the name could leave the zoo's folder, or the preprocessing
   *     does not give what the architecture takes
   */
  public ZooListing {
    requirePlainName("name", name);
    files = List.copyOf(files);
    if (preprocessing.height() != architecture.imageHeight()
        || preprocessing.width() != architecture.imageWidth()
        || preprocessing.channels() != architecture.channels()) {
      throw new IllegalArgumentException(
          "%s: expected preprocessing to %d x %d x %d, found %d x %d x %d"
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

  /**
   * A file and how to know it.
   *
   * @param path its name in the entry's folder
   * @param size its length in bytes
   * @param sha256 its SHA-256, 64 lower-case hexadecimal digits
   */
  public record ZooFile(String path, long size, String sha256) {
    /**
     * @throws IllegalArgumentException if the path could leave the entry's folder, or the size or
     *     the hash cannot be one
     */
    public ZooFile {
      requirePlainName("path", path);
      if (size < 0 || !SHA256.matcher(sha256).matches()) {
        throw new IllegalArgumentException(
            path + ": expected a size and a SHA-256, found " + size + " and '" + sha256 + "'");
      }
    }
  }

  /** The file of a name, if the entry has it. */
  public Optional<ZooFile> file(String path) {
    return files.stream().filter(file -> file.path().equals(path)).findFirst();
  }

  /** The length of all files together, in bytes. */
  public long size() {
    return files.stream().mapToLong(ZooFile::size).sum();
  }

  static void requirePlainName(String what, String name) {
    if (!NAME.matcher(name).matches()) {
      throw new IllegalArgumentException(
          what + ": expected letters, digits, '_', '-' and inner dots, found '" + name + "'");
    }
  }
}
