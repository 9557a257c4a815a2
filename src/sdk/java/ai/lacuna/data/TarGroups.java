package ai.lacuna.data;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Groups the members of one shard into samples, as WebDataset does: members belong together whose
 * names are equal up to the first dot behind the last slash.
 *
 * <p>A sample is one image, and where labels are asked for a {@code .cls} with the number of its
 * class, or a {@code .json} with a field that {@link Labelling} names; a {@code .cls} goes first,
 * unless that field is required. Other members, and names that begin with a dot, are left alone.
 */
final class TarGroups {

  private final String shard;
  private final Labelling labelling;
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<Group> images = new ArrayList<>();
  private int members;

  TarGroups(String shard, Labelling labelling) {
    this.shard = shard;
    this.labelling = labelling;
  }

  /** Reads a member, called at most once and at once. */
  @FunctionalInterface
  interface Content {
    byte[] read() throws IOException;
  }

  private static final class Group {
    private final Set<String> suffixes = new HashSet<>();
    private String image = "";
    private long offset;
    private int length;
    private int label = Sample.NO_LABEL;
    private boolean fromCls;
    private Optional<Annotation> annotation = Optional.empty();
  }

  /** The name of a member as samples know it. */
  static String name(TarArchiveEntry entry) {
    String name = entry.getName();
    return name.startsWith("./") ? name.substring(2) : name;
  }

  /**
   * Adds the next member.
   *
   * @param offset of its bytes in the shard, or -1
   * @throws DataException if it is there already, is a link, or holds no label where one belongs
   */
  void add(TarArchiveEntry entry, long offset, Content content) throws IOException {
    String name = name(entry);
    String base = name.substring(name.lastIndexOf('/') + 1);
    int dot = base.indexOf('.');
    if (entry.isDirectory() || dot <= 0) {
      return;
    }
    members++;
    String suffix = base.substring(dot + 1).toLowerCase(Locale.ROOT);
    boolean image = ImageNames.isImageSuffix(suffix);
    boolean label = isLabel(suffix);
    if (!image && !label) {
      return;
    }
    if (!entry.isFile() || entry.isSparse() || entry.isLink() || entry.isSymbolicLink()) {
      throw bad(name, "a plain file", "a link or sparse file; pack it again with files in full");
    }
    String key = name.substring(0, name.length() - base.length() + dot);
    Group group = groups.computeIfAbsent(key, k -> new Group());
    if (!group.suffixes.add(suffix)) {
      throw bad(name, "each member once", "it twice; pack the shard again");
    }
    if (image) {
      addImage(group, name, offset, entry.getSize());
    } else if (entry.getSize() <= AnnotationJson.MOST) {
      addLabel(group, name, suffix.equals("cls"), content.read());
    } else if (suffix.equals("cls") || labelling.required()) {
      throw bad(
          name,
          "a label of at most " + AnnotationJson.MOST + " bytes",
          entry.getSize() + " bytes; pack the shard again");
    }
  }

  private boolean isLabel(String suffix) {
    return labelling.isAny()
        && (suffix.equals("json") || (suffix.equals("cls") && !labelling.required()));
  }

  private void addImage(Group group, String name, long offset, long length) {
    if (!group.image.isEmpty()) {
      throw bad(name, "one image in a sample", group.image + " too; keep one of them");
    }
    if (length > FileSlice.MAX_BYTES) {
      throw bad(name, "at most " + FileSlice.MAX_BYTES + " bytes", length + "; shrink the image");
    }
    group.image = name;
    group.offset = offset;
    group.length = (int) length;
    images.add(group);
  }

  private void addLabel(Group group, String name, boolean cls, byte[] content) {
    String text = new String(content, StandardCharsets.UTF_8);
    String where = shard + ", member " + name;
    if (cls) {
      group.label = ClassNames.label(where, text);
      group.fromCls = true;
      group.annotation = Optional.empty();
    } else if (!group.fromCls) {
      annotate(group, where, text);
    }
  }

  private void annotate(Group group, String where, String text) {
    AnnotationJson.Content content = AnnotationJson.read(where, text, labelling.fields());
    Optional<Annotation> found =
        labelling.fields().stream()
            .filter(content.fields()::containsKey)
            .findFirst()
            .map(field -> content.fields().get(field));
    if (found.isEmpty()) {
      if (labelling.required()) {
        throw new DataException(
            "%s: expected a field %s, found %s; name the field of the labels"
                .formatted(where, String.join(" or ", labelling.fields()), content.names()));
      }
      return;
    }
    if (labelling.kind() == Labelling.Kind.ANNOTATIONS) {
      group.annotation = found;
      return;
    }
    String label = label(where, found.get());
    if (label.chars().allMatch(Character::isDigit)) {
      group.label = ClassNames.label(where, label);
    } else {
      group.annotation = Optional.of(new Annotation.Name(label));
    }
  }

  /** A number or a name. */
  private static String label(String where, Annotation annotation) {
    if (annotation instanceof Annotation.Name
        || (annotation instanceof Annotation.Figure number && number.isClass())) {
      return annotation.text();
    }
    throw new DataException(
        "%s: expected the name or the number of a class, found %s"
            .formatted(where, annotation.text()));
  }

  /**
   * Returns the samples in the order of their images.
   *
   * @throws DataException if there is none, or a label has no image
   */
  List<TarMember> finish() {
    if (images.isEmpty()) {
      throw new DataException(
          "%s: expected members that are images (%s), found none among %d; check what was packed"
              .formatted(shard, ImageNames.KINDS, members));
    }
    groups.forEach(
        (key, group) -> {
          if (group.image.isEmpty()) {
            throw bad(key, "an image beside its label", "none; pack the shard again");
          }
        });
    return images.stream()
        .map(
            group ->
                new TarMember(
                    group.image, group.offset, group.length, group.label, group.annotation))
        .toList();
  }

  private DataException bad(String name, String expected, String found) {
    return new DataException(
        "%s, member %s: expected %s, found %s".formatted(shard, name, expected, found));
  }
}
