package ai.lacuna.data;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * The classes of shards whose labels are names: those of {@code classes.json}, or those that occur,
 * in alphabetical order.
 *
 * @param source where the names are from, for errors
 */
record ShardClasses(String source, List<String> names) {

  /** Whether labels are names. */
  static boolean areNamed(List<TarShard> shards) {
    return shards.stream()
        .flatMap(shard -> shard.members().stream())
        .anyMatch(member -> member.annotation().isPresent());
  }

  static ShardClasses of(Path folder, List<TarShard> shards) throws IOException {
    Path file = folder.resolve(ClassNames.FILE);
    if (Files.isRegularFile(file)) {
      return new ShardClasses(
          file.toString(), ClassNames.read(file.toString(), Files.readString(file), -1));
    }
    TreeSet<String> names = new TreeSet<>();
    shards.forEach(
        shard ->
            shard
                .members()
                .forEach(member -> member.annotation().ifPresent(a -> names.add(a.text()))));
    return new ShardClasses("the labels", List.copyOf(names));
  }

  /**
   * Gives each name its number.
   *
   * @throws DataException if a label is a number, or none of the names
   */
  List<TarShard> number(List<TarShard> shards) {
    Map<String, Integer> indices = new HashMap<>();
    for (int i = 0; i < names.size(); i++) {
      indices.putIfAbsent(names.get(i), i);
    }
    List<TarShard> numbered = new ArrayList<>();
    for (TarShard shard : shards) {
      List<TarMember> members = new ArrayList<>();
      for (TarMember member : shard.members()) {
        members.add(member.withLabel(index(shard, member, indices)));
      }
      numbered.add(
          new TarShard(shard.path(), shard.gzipped(), List.copyOf(members), shard.strays()));
    }
    return numbered;
  }

  private int index(TarShard shard, TarMember member, Map<String, Integer> indices) {
    String where = shard.path() + ", member " + member.image();
    if (member.annotation().isEmpty()) {
      throw new DataException(
          "%s: expected the name of a class, as other samples have, found the number %s; label all"
                  .formatted(where, member.label())
              + " samples in one way");
    }
    String name = member.annotation().get().text();
    Integer index = indices.get(name);
    if (index == null) {
      throw new DataException(
          "%s: expected a class of %s, %s, found %s".formatted(where, source, names, name));
    }
    return index;
  }
}
