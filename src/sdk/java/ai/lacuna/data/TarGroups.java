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
import java.util.regex.Pattern;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;

/**
 * Groups the members of one shard into samples, as WebDataset does: members belong together whose
 * names are equal up to the first dot behind the last slash.
 *
 * <p>A sample is one image, and where labels are asked for a {@code .cls} with the number of its
 * class, or a {@code .json} with a field that {@link Labelling} names; a {@code .cls} goes first,
 * unless that field is required. Left alone are members of other kinds, names that begin with a dot
 * or have none, and what tar programs and WebDataset keep beside samples: all in a folder {@code
 * __MACOSX} or {@code PaxHeaders}, and members at the top whose name or folder is {@code __NAME__}.
 * A {@code .json} that no image belongs to, such as a description of the shard, is passed over too,
 * and remembered.
 */
final class TarGroups {

  private static final Pattern BESIDE_SAMPLES =
      Pattern.compile("(.*/)?(__MACOSX|PaxHeaders?(\\.\\d+)?)/.*|__[^/]*__(/.*)?");

  private final String shard;
  private final Labelling labelling;
  private final Map<String, Group> groups = new LinkedHashMap<>();
  private final List<Group> images = new ArrayList<>();
  private final List<String> strays = new ArrayList<>();
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

    /** What is wrong with its {@code .json}; no matter where that turns out to be a stray. */
    private Optional<DataException> failure = Optional.empty();
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
    if (entry.isDirectory() || dot <= 0 || BESIDE_SAMPLES.matcher(name).matches()) {
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
    } else if (suffix.equals("cls")) {
      addCls(group, name, entry.getSize(), content);
    } else {
      addJson(group, name, entry.getSize(), content);
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

  private void addCls(Group group, String name, long length, Content content) throws IOException {
    if (length > AnnotationJson.MOST) {
      throw tooLong(name, length);
    }
    group.label = ClassNames.label(where(name), text(content));
    group.fromCls = true;
    group.annotation = Optional.empty();
    group.failure = Optional.empty();
  }

  private void addJson(Group group, String name, long length, Content content) throws IOException {
    if (group.fromCls) {
      return;
    }
    if (length > AnnotationJson.MOST) {
      group.failure = labelling.required() ? Optional.of(tooLong(name, length)) : Optional.empty();
      return;
    }
    try {
      annotate(group, where(name), text(content));
    } catch (DataException e) {
      group.failure = Optional.of(e);
    }
  }

  private static String text(Content content) throws IOException {
    return new String(content.read(), StandardCharsets.UTF_8);
  }

  private String where(String name) {
    return shard + ", member " + name;
  }

  private DataException tooLong(String name, long length) {
    return bad(
        name,
        "a label of at most " + AnnotationJson.MOST + " bytes",
        length + " bytes; pack the shard again");
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
   * @throws DataException if there is none, a {@code .cls} has no image, or a {@code .json} beside
   *     an image holds no label
   */
  List<TarMember> finish() {
    if (images.isEmpty()) {
      throw new DataException(
          "%s: expected members that are images (%s), found none among %s; check what was packed"
              .formatted(shard, ImageNames.KINDS, members));
    }
    groups.forEach(
        (key, group) -> {
          if (group.image.isEmpty() && group.fromCls) {
            throw bad(key, "an image beside its label", "none; pack the shard again");
          }
          if (group.image.isEmpty()) {
            strays.add(key + ".json");
          } else if (group.failure.isPresent()) {
            throw group.failure.get();
          }
        });
    return images.stream()
        .map(
            group ->
                new TarMember(
                    group.image, group.offset, group.length, group.label, group.annotation))
        .toList();
  }

  /** The {@code .json} members without an image, known after {@link #finish}. */
  List<String> strays() {
    return List.copyOf(strays);
  }

  private DataException bad(String name, String expected, String found) {
    return new DataException("%s: expected %s, found %s".formatted(where(name), expected, found));
  }
}
