package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Labels of shards in {@code .json} members. */
class ShardLabelsTest {
  private final Path folder;

  ShardLabelsTest(@TempDir Path folder) {
    this.folder = folder;
  }

  private static TarBuilder shard(String... json) throws IOException {
    TarBuilder tar = new TarBuilder();
    for (int i = 0; i < json.length; i++) {
      tar.add(i + ".png", TarBuilder.png(i)).add(i + ".json", json[i]);
    }
    return tar;
  }

  private AnnotatedDataset open(Labelling labelling, TarBuilder tar) throws IOException {
    Path file = folder.resolve("s.tar");
    tar.write(file);
    return WebDataset.open(List.of(file), labelling);
  }

  private void assertRefused(Labelling labelling, TarBuilder tar, String message) {
    DataException e = assertThrows(DataException.class, () -> open(labelling, tar));
    assertEquals(
        folder.resolve("s.tar") + message, String.valueOf(e.getMessage()), "whole message");
  }

  private static List<Integer> labels(ImageDataset data) throws IOException {
    return List.of(data.label(0), data.label(1), data.label(2));
  }

  @Test
  void numbersNamedClassesInAlphabeticalOrder() throws IOException {
    String[] json = {"{\"label\": \"shirt\"}", "{\"label\": \"coat\"}", "{\"cls\": \"shirt\"}"};
    AnnotatedDataset data = open(Labelling.classes(), shard(json));
    assertEquals(List.of("coat", "shirt"), data.classNames());
    assertEquals(List.of(1, 0, 1), labels(data));
    shard(json).write(folder.resolve("t.tar.gz"));
    EncodedDataset both =
        WebDataset.open(List.of(folder.resolve("s.tar"), folder.resolve("t.tar.gz")));
    assertEquals(0, both.label(4));
    assertEquals(1, both.get(5).label());
    Files.writeString(folder.resolve("classes.json"), "[\"shirt\", \"bag\", \"coat\"]");
    AnnotatedDataset named = open(Labelling.classes(), shard(json));
    assertEquals(List.of("shirt", "bag", "coat"), named.classNames());
    assertEquals(List.of(0, 2, 0), labels(named));
    assertRefused(
        Labelling.classes(),
        shard("{\"label\": \"sock\"}"),
        ", member 0.png: expected a class of %s, [shirt, bag, coat], found sock"
            .formatted(folder.resolve("classes.json")));
  }

  @Test
  void readsTheFieldThatIsChosenAndNoCls() throws IOException {
    TarBuilder tar =
        shard("{\"kind\": 2, \"label\": 9}", "{\"kind\": 0}", "{\"kind\": 1}").add("0.cls", "8");
    AnnotatedDataset data = open(Labelling.classes("kind"), tar);
    assertEquals(List.of("0", "1", "2"), data.classNames());
    assertEquals(List.of(2, 0, 1), labels(data));
  }

  @Test
  void keepsAnnotations() throws IOException {
    AnnotatedDataset data =
        open(
            Labelling.annotations(List.of("labels", "label")),
            shard("{\"label\": \"a\", \"labels\": []}", "{\"label\": \"a\"}"));
    assertEquals(List.of(), data.classNames());
    assertEquals(new Annotation.Names(List.of()), data.annotation(0));
    assertEquals(new Annotation.Name("a"), data.annotation(1));
    assertEquals(folder.resolve("s.tar") + ", member 1.png", data.where(1));
    AnnotatedDataset classes = open(Labelling.classes(), shard("{\"label\": 0}"));
    assertThrows(IllegalStateException.class, () -> classes.annotation(0));
  }

  @Test
  void saysWhichMemberIsWrong() throws IOException {
    assertRefused(
        Labelling.classes(),
        shard("{\"label\": \"a\"}", "{\"label\": 3}"),
        ", member 1.png: expected the name of a class, as other samples have, found the number 3;"
            + " label all samples in one way");
    assertRefused(
        Labelling.classes(),
        shard("{\"label\": 0.5}"),
        ", member 0.json: expected the name or the number of a class, found 0.5");
    assertRefused(
        Labelling.classes("kind"),
        shard("{\"label\": 1}"),
        ", member 0.json: expected a field kind, found [label]; name the field of the labels");
    assertRefused(
        Labelling.classes("kind"),
        shard("{\"kind\": 1}").add("x.png", TarBuilder.png(1)),
        ", member x.png: expected a .json beside it, found none; pack the shard again");
    assertRefused(
        Labelling.classes(),
        shard("{\"label\": 1}", "{}"),
        ", member 1.png: expected a label in .cls or .json as other samples have, found none;"
            + " pack the shard again");
    String large = "{\"kind\": 1, \"x\": \"" + "y".repeat(AnnotationJson.MOST) + "\"}";
    assertRefused(
        Labelling.classes("kind"),
        shard(large),
        ", member 0.json: expected a label of at most 1048576 bytes, found "
            + large.length()
            + " bytes; pack the shard again");
  }

  @Test
  void onlyShardsHaveThem() throws IOException {
    Path image = Files.createDirectories(folder.resolve("train/a")).resolve("1.png");
    Files.write(image, TarBuilder.png(1));
    Files.createDirectories(folder.resolve("test"));
    for (String source : List.of(folder.toString(), FashionMnist.SAMPLE_NAME)) {
      for (Labelling labelling :
          List.of(Labelling.classes("kind"), Labelling.annotations(List.of("labels")))) {
        DataException e =
            assertThrows(DataException.class, () -> LabelledData.open(source, labelling));
        assertTrue(
            String.valueOf(e.getMessage())
                .contains(": expected tar shards with labels in .json members, found"),
            e.toString());
      }
    }
  }
}
