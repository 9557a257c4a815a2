package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class JpegHeaderTest {

  @ParameterizedTest
  @CsvSource({
    "jpeg/420.jpg,45,61,3,true,false,0,true",
    "jpeg/progressive.jpg,45,61,3,true,false,0,true",
    "jpeg/turned.jpg,45,61,3,true,false,0,true",
    "jpeg/grey.jpg,45,61,1,true,false,0,true",
    "jpeg/rgb.jpg,45,61,3,false,true,0,false",
    "jpeg/cmyk.jpg,45,61,4,false,true,0,false",
    "images/ycck-adobe.jpg,24,40,4,false,true,2,false",
    "images/rgb.bmp,0,0,0,false,false,0,false"
  })
  void tellsSizeAndColours(
      String name,
      int height,
      int width,
      int components,
      boolean named,
      boolean adobe,
      int transform,
      boolean plain)
      throws IOException {
    JpegHeader header = JpegHeader.of(file(name));
    assertEquals(new JpegHeader(height, width, components, named, adobe, transform), header);
    assertEquals(plain, header.isPlain());
  }

  @Test
  void believesAnAdobeSegmentMoreThanAJfifOne() {
    assertTrue(new JpegHeader(8, 8, 3, true, true, 1).isPlain());
    assertFalse(new JpegHeader(8, 8, 3, true, true, 0).isPlain());
    assertFalse(new JpegHeader(8, 8, 3, false, false, 0).isPlain());
  }

  @Test
  void readsCutFilesWithoutHarm() throws IOException {
    byte[] file = file("jpeg/420.jpg");
    for (int length = 0; length < file.length; length++) {
      int height = JpegHeader.of(Arrays.copyOf(file, length)).height();
      assertTrue(height == 0 || height == 45, "length " + length);
    }
  }

  private static byte[] file(String name) throws IOException {
    try (InputStream in = JpegHeaderTest.class.getResourceAsStream("/fixtures/" + name)) {
      return in.readAllBytes();
    }
  }
}
