package ai.lacuna.data;

import ai.lacuna.serving.Pixels;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** One part of the data under a {@link DataCheck}: samples that may or may not be readable. */
interface CheckedPart {
  /** What the report calls it. */
  String name();

  int size();

  /** What the report calls a sample. */
  String nameOf(int index);

  List<String> classNames();

  /** The index of the class, or {@link Sample#NO_LABEL}. */
  int label(int index) throws IOException;

  Pixels read(int index) throws IOException;

  /** The suffix that a sample's name has and should not have, such as jpg on a PNG; else empty. */
  default String wrongSuffix(int index) throws IOException {
    return "";
  }

  /** What was found in the folder besides images. */
  default Surroundings surroundings() {
    return new Surroundings(List.of(), List.of(), 0);
  }

  /**
   * What lies around the images.
   *
   * @param strays neither classes nor images
   * @param emptyClasses classes without an image
   * @param hidden how many entries begin with a dot
   */
  record Surroundings(List<String> strays, List<String> emptyClasses, int hidden) {}

  /** A part that was opened as a data set. */
  record OfDataset(String name, ImageDataset data) implements CheckedPart {
    @Override
    public int size() {
      return data.size();
    }

    @Override
    public String nameOf(int index) {
      if (data instanceof ImageFolder folder) {
        return folder.nameOf(index);
      }
      return data instanceof AnnotatedDataset shards ? shards.where(index) : name + " #" + index;
    }

    @Override
    public List<String> classNames() {
      return data.classNames();
    }

    @Override
    public int label(int index) throws IOException {
      return data.label(index);
    }

    @Override
    public Pixels read(int index) throws IOException {
      return data.get(index).pixels();
    }
  }

  /** A part that is a folder, however untidy. */
  record OfFolder(String name, String prefix, FolderSurvey survey) implements CheckedPart {
    private static final int HEAD = 12;

    @Override
    public int size() {
      return survey.files().size();
    }

    @Override
    public String nameOf(int index) {
      return prefix + survey.name(survey.files().get(index));
    }

    @Override
    public List<String> classNames() {
      return survey.classNames();
    }

    @Override
    public int label(int index) {
      return survey.labels().get(index);
    }

    @Override
    public Pixels read(int index) throws IOException {
      return Pixels.read(survey.files().get(index));
    }

    @Override
    public String wrongSuffix(int index) throws IOException {
      Path file = survey.files().get(index);
      try (InputStream in = Files.newInputStream(file)) {
        return FileKind.of(in.readNBytes(HEAD)).wrongSuffix(ImageNames.suffix(file));
      }
    }

    @Override
    public Surroundings surroundings() {
      return new Surroundings(
          survey.strays().stream().map(prefix::concat).toList(),
          survey.emptyClasses().stream().map(prefix::concat).toList(),
          survey.hidden());
    }
  }
}
