package ai.lacuna.data;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.Pixels;
import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** OpenCV's decodings at a part of the size, against libjpeg's own through Pillow. */
class JpegReducerTest {
  /** Both are libjpeg-turbo, whose versions interpolate colours in slightly different ways. */
  private static final int TOLERANCE = 3;

  record Expected(String file, int by, List<Integer> shape, String data) {}

  static Stream<Expected> all() throws IOException {
    String json = new String(file("reduced.json"), StandardCharsets.UTF_8);
    return Arrays.stream(new Gson().fromJson(json, Expected[].class));
  }

  @ParameterizedTest
  @MethodSource("all")
  void decodesWhatLibjpegDoes(Expected expected) throws IOException {
    Pixels read =
        JpegReducer.require()
            .decode(file(expected.file()), expected.by(), expected.shape().get(2))
            .orElseThrow();
    assertEquals(expected.shape(), List.of(read.height(), read.width(), read.channels()));
    byte[] data = Base64.getDecoder().decode(expected.data());
    for (int i = 0; i < data.length; i++) {
      assertEquals(data[i] & 0xff, read.data()[i] & 0xff, TOLERANCE, "sample " + i);
    }
  }

  @Test
  void refusesCutFilesAndOtherKinds() throws IOException {
    byte[] file = file("420.jpg");
    JpegReducer reducer = JpegReducer.require();
    for (int length = 1; length < file.length; length++) {
      assertEquals(Optional.empty(), reducer.decode(Arrays.copyOf(file, length), 2, 3));
    }
    assertEquals(Optional.empty(), reducer.decode(new byte[] {1, 2, 3}, 8, 3));
  }

  @Test
  void saysWhatToAddWhereThereIsNone() {
    Thread thread = Thread.currentThread();
    ClassLoader usual = thread.getContextClassLoader();
    thread.setContextClassLoader(ClassLoader.getPlatformClassLoader());
    try {
      DataException none = assertThrows(DataException.class, JpegReducer::require);
      assertEquals(
          "jpeg reduced: expected a decoder that reduces, found none (none is on the class path);"
              + " add org.bytedeco:opencv-platform:4.13.0-1.5.13 to the class path, or decode in"
              + " full",
          none.getMessage());
    } finally {
      thread.setContextClassLoader(usual);
    }
  }

  @Test
  void isMissingWithoutOpenCv() throws Exception {
    JpegReducer reducer =
        (JpegReducer)
            new WithoutOpenCv()
                .loadClass("ai.lacuna.data.OpenCvReducer")
                .getConstructor()
                .newInstance();
    assertTrue(
        reducer.missing().startsWith("OpenCV is not there or does not load: "), reducer.missing());
  }

  /** Sees all classes but those of OpenCV. */
  private static final class WithoutOpenCv extends ClassLoader {
    WithoutOpenCv() {
      super(JpegReducer.class.getClassLoader());
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
      if (name.startsWith("org.bytedeco.")) {
        throw new ClassNotFoundException(name);
      }
      if (!name.startsWith("ai.lacuna.data.OpenCvReducer")) {
        return super.loadClass(name, resolve);
      }
      try (InputStream in = getResourceAsStream(name.replace('.', '/') + ".class")) {
        byte[] code = in.readAllBytes();
        return defineClass(name, code, 0, code.length);
      } catch (IOException e) {
        throw new ClassNotFoundException(name, e);
      }
    }
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = JpegReducerTest.class.getResourceAsStream("/fixtures/jpeg/" + name)) {
      return in.readAllBytes();
    }
  }
}
