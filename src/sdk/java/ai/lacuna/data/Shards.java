package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The samples of several shards, one shard behind the other, by their place in the whole. */
final class Shards {
  private static final Logger LOG = LoggerFactory.getLogger(Shards.class);
  private static final long WAITING_BYTES = 256L << 20;

  private final String name;
  private final List<TarShard> shards;
  private final List<String> classNames;
  private final int[] firsts;

  private Shards(String name, List<TarShard> shards, List<String> classNames, int[] firsts) {
    this.name = name;
    this.shards = shards;
    this.classNames = classNames;
    this.firsts = firsts;
  }

  /**
   * Reads the headers of all shards.
   *
   * @throws DataException if there is no shard, one is damaged, or only some samples have labels
   */
  static Shards index(List<Path> paths, Labelling labelling) throws IOException {
    if (paths.isEmpty()) {
      throw new DataException("shards: expected at least one, found none; check the path");
    }
    List<TarShard> shards = new ArrayList<>();
    for (Path path : paths) {
      shards.add(TarShard.index(path, labelling));
    }
    Path folder = paths.get(0).toAbsolutePath().normalize().getParent();
    Path parent = folder == null ? paths.get(0) : folder;
    String name = String.valueOf(parent.getFileName());
    sayStrays(name, shards);
    requireEqual(shards, labelling);
    if (labelling.kind() == Labelling.Kind.CLASSES && ShardClasses.areNamed(shards)) {
      ShardClasses named = ShardClasses.of(parent, shards);
      return of(name, named.number(shards), named.names());
    }
    return of(name, shards, ClassNames.beside(parent, greatestLabel(shards)));
  }

  /** One line for all shards: each of a thousand may have its own description. */
  private static void sayStrays(String name, List<TarShard> shards) {
    int strays = shards.stream().mapToInt(shard -> shard.strays().size()).sum();
    shards.stream()
        .filter(shard -> !shard.strays().isEmpty())
        .findFirst()
        .ifPresent(
            shard ->
                LOG.warn(
                    "{}: passed over {} of its .json members, which have no image: {} in {}{}",
                    name,
                    strays,
                    shard.strays().get(0),
                    shard.path(),
                    strays == 1 ? "" : " and others"));
  }

  /** Puts indexed shards behind one another. */
  static Shards of(String name, List<TarShard> shards, List<String> classNames) {
    int[] firsts = new int[shards.size() + 1];
    for (int i = 0; i < shards.size(); i++) {
      firsts[i + 1] = Math.addExact(firsts[i], shards.get(i).members().size());
    }
    return new Shards(name, List.copyOf(shards), classNames, firsts);
  }

  /** -1 without labels. */
  private static int greatestLabel(List<TarShard> shards) {
    return shards.stream()
        .flatMap(shard -> shard.members().stream())
        .mapToInt(TarMember::label)
        .max()
        .orElse(Sample.NO_LABEL);
  }

  /** All samples have a label, or none has. */
  private static void requireEqual(List<TarShard> shards, Labelling labelling) {
    String without = "";
    boolean some = labelling.required();
    for (TarShard shard : shards) {
      for (TarMember member : shard.members()) {
        boolean has = member.label() != Sample.NO_LABEL || member.annotation().isPresent();
        some |= has;
        if (!has && without.isEmpty()) {
          without = shard.path() + ", member " + member.image();
        }
      }
    }
    if (some && !without.isEmpty()) {
      throw new DataException(
          labelling.required()
              ? without + ": expected a .json beside it, found none; pack the shard again"
              : without
                  + ": expected a label in .cls or .json as other samples have, found none;"
                  + " pack the shard again");
    }
  }

  boolean gzipped() {
    return shards.stream().anyMatch(TarShard::gzipped);
  }

  int count() {
    return shards.size();
  }

  TarShard shard(int shard) {
    return shards.get(shard);
  }

  /** The place of a shard's first sample; that of the shard behind the last is the size. */
  int first(int shard) {
    return firsts[shard];
  }

  int size() {
    return firsts[shards.size()];
  }

  /** The shard of a sample. */
  int shardOf(int index) {
    Objects.checkIndex(index, size());
    int found = Arrays.binarySearch(firsts, index);
    // No shard is empty, so that the places are all different.
    return found >= 0 ? found : -found - 2;
  }

  TarMember member(int index) {
    int shard = shardOf(index);
    return shards.get(shard).members().get(index - firsts[shard]);
  }

  /**
   * What the sample's {@code .json} says.
   *
   * @throws IllegalStateException if that was not asked for
   */
  Annotation annotation(int index) {
    return member(index)
        .annotation()
        .orElseThrow(() -> new IllegalStateException(name + ": opened without annotations"));
  }

  /** What to call a sample in errors. */
  String where(int index) {
    return shards.get(shardOf(index)).path() + ", member " + member(index).image();
  }

  /** As many samples as asked for, unless they have too many bytes to wait in memory. */
  int atMost(int samples) {
    long bytes = 0;
    for (TarShard shard : shards) {
      for (TarMember member : shard.members()) {
        bytes += member.length();
      }
    }
    long fitting = WAITING_BYTES * size() / Math.max(1, bytes);
    return (int) Math.max(1, Math.min(samples, fitting));
  }

  List<String> classNames() {
    return classNames;
  }

  String name() {
    return name;
  }

  /** Over the shards' names, lengths and times of change, so that no image need be read. */
  String fingerprint() throws IOException {
    Fingerprint digest = new Fingerprint().add(String.join("\0", classNames));
    for (TarShard shard : shards) {
      Path path = shard.path().toAbsolutePath().normalize();
      digest.add(path.toString()).addState(path);
    }
    return digest.hex();
  }
}
