package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.report.Confusion;
import ai.lacuna.serving.Pixels;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class QuickstartReportTest {
  private static final String PAGE = QuickstartReport.of(result("T-shirt & <top>"));

  @Test
  void isWellFormed() throws Exception {
    assertEquals("html", parsed().getDocumentElement().getTagName());
  }

  @Test
  void fetchesNothing() throws Exception {
    NodeList images = parsed().getElementsByTagName("img");
    assertTrue(images.getLength() > 0);
    for (int i = 0; i < images.getLength(); i++) {
      String source = images.item(i).getAttributes().getNamedItem("src").getNodeValue();
      assertTrue(source.startsWith("data:image/png;base64,"), source);
    }
    assertFalse(PAGE.contains("http:") || PAGE.contains("https:") || PAGE.contains("url("), PAGE);
    assertFalse(PAGE.contains("<script") || PAGE.contains("<link"), PAGE);
  }

  @Test
  void describesEveryPicture() throws Exception {
    NodeList images = parsed().getElementsByTagName("img");
    for (int i = 0; i < images.getLength(); i++) {
      assertFalse(images.item(i).getAttributes().getNamedItem("alt").getNodeValue().isBlank());
    }
  }

  @Test
  void escapesNamesThatLookLikeMarkup() {
    assertTrue(PAGE.contains("T-shirt &amp; &lt;top&gt;"));
    assertFalse(PAGE.contains("<top>"));
  }

  @Test
  void showsFiguresInOneNotationWhateverTheLocale() {
    java.util.Locale before = java.util.Locale.getDefault();
    try {
      java.util.Locale.setDefault(java.util.Locale.GERMANY);
      assertEquals(PAGE, QuickstartReport.of(result("T-shirt & <top>")));
    } finally {
      java.util.Locale.setDefault(before);
    }
  }

  private static Document parsed() throws Exception {
    DocumentBuilderFactory factory = DocumentBuilderFactory.newInstance();
    factory.setFeature("http://apache.org/xml/features/nonvalidating/load-external-dtd", false);
    return factory
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(PAGE.getBytes(StandardCharsets.UTF_8)));
  }

  private static QuickstartResult result(String className) {
    Pixels grey = Pixels.of(2, 2, 1, new byte[] {0, 50, 100, 127});
    Confusion confusion =
        Confusion.of(List.of(className, "Bag"), new int[] {0, 0, 0, 1}, new int[] {0, 0, 1, 1});
    return new QuickstartResult(
        new QuickstartResult.EncoderFacts("vit_test", "width 8", 1_200_000, "was pretrained."),
        new QuickstartResult.Pictures(
            List.of(new QuickstartResult.Reconstruction(grey, grey, grey)), 0.75, ""),
        new QuickstartResult.Probe(
            List.of(new QuickstartResult.Accuracy("test", 4, 0.75)), confusion),
        new QuickstartResult.Parity(
            List.of(
                new QuickstartResult.ParityRow("DJL and ONNX Runtime", "features", 8, 64, 2e-6)),
            1e-4),
        List.of(new QuickstartResult.Prediction(grey, className, "Bag", 0.6)),
        List.of(new QuickstartResult.Timing("embed", 1_500_000_000L, "900 images/s")),
        List.of(new QuickstartResult.ExportedFile("encoder.onnx", 4_800_000, "ONNX Runtime")),
        Map.of("Java", "17"),
        "lacuna quickstart");
  }
}
