package ai.lacuna.data;

import ai.lacuna.serving.ImageException;
import com.code_intelligence.jazzer.junit.FuzzTest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Files of data sets are read, or refused in words. */
class DataFuzzTest {
  /** Opens a file and reads every image. */
  @FunctionalInterface
  private interface Reader {
    ImageDataset open(Path file) throws IOException;
  }

  private static void read(byte[] content, String suffix, Reader reader) throws IOException {
    Path file = Files.createTempFile("fuzz-", suffix);
    try {
      Files.write(file, content);
      ImageDataset data = reader.open(file);
      for (int i = 0; i < data.size(); i++) {
        try {
          data.get(i);
        } catch (ImageException refused) {
          // One image of many.
        }
      }
    } catch (DataException refused) {
      if (!String.valueOf(refused.getMessage()).contains("expected")) {
        throw new AssertionError("no message for people", refused);
      }
    } finally {
      Files.delete(file);
    }
  }

  @FuzzTest(maxDuration = "2m")
  void idx(byte[] file) throws IOException {
    try {
      IdxFile.read(new ByteArrayInputStream(file), "input", 3);
    } catch (DataException refused) {
      if (!String.valueOf(refused.getMessage()).contains("expected")) {
        throw new AssertionError("no message for people", refused);
      }
    }
  }

  @FuzzTest(maxDuration = "2m")
  void tar(byte[] file) throws IOException {
    read(file, ".tar", path -> WebDataset.openUnlabelled(List.of(path)));
  }

  @FuzzTest(maxDuration = "2m")
  void lmdb(byte[] file) throws IOException {
    read(file, ".mdb", LmdbDataset::openUnlabelled);
  }

  @FuzzTest(maxDuration = "2m")
  void tfrecord(byte[] file) throws IOException {
    read(file, ".tfrecord", path -> TfRecordDataset.openUnlabelled(List.of(path)));
  }
}
