package ai.lacuna.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.report.LineChart.Point;
import ai.lacuna.report.LineChart.Series;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.w3c.dom.Document;
import org.w3c.dom.NodeList;

class LineChartTest {

  private static Document parsed(LineChart chart) throws Exception {
    Html html = new Html();
    chart.appendTo(html);
    return DocumentBuilderFactory.newInstance()
        .newDocumentBuilder()
        .parse(new ByteArrayInputStream(html.toString().getBytes(StandardCharsets.UTF_8)));
  }

  private static String[] points(Document svg) {
    return svg.getElementsByTagName("polyline")
        .item(0)
        .getAttributes()
        .getNamedItem("points")
        .getNodeValue()
        .split(" ");
  }

  private static LineChart chart(List<Point> points) {
    return new LineChart("loss <masked>", "steps", List.of(new Series("a & b", points)));
  }

  @Test
  void drawsFromTheLeftToTheRightAndGreatIsUp() throws Exception {
    String[] points =
        points(parsed(chart(List.of(new Point(10, 1), new Point(20, 0), new Point(30, 0.5)))));
    assertEquals(List.of("52.0,12.0", "260.0,196.0", "468.0,104.0"), List.of(points));
  }

  @Test
  void labelsTheVerticalAxisWithRoundNumbers() throws Exception {
    Document svg = parsed(chart(List.of(new Point(0, 0.6376), new Point(42, 0.8720))));
    assertTrue(labels(svg).startsWith("0.6 0.7 0.8 0.9 0 20 40 steps"), labels(svg));
  }

  @Test
  void countsInWholeNumbers() throws Exception {
    Document few = parsed(chart(List.of(new Point(1, 0), new Point(3, 1))));
    assertTrue(labels(few).contains("1.0 1 2 3 steps"), labels(few));
    Document one = parsed(chart(List.of(new Point(6, 1))));
    assertTrue(labels(one).contains("1.00 6 steps"), labels(one));
  }

  private static String labels(Document svg) {
    NodeList texts = svg.getElementsByTagName("text");
    StringBuilder labels = new StringBuilder();
    for (int i = 0; i < texts.getLength(); i++) {
      labels.append(texts.item(i).getTextContent()).append(' ');
    }
    return labels.toString();
  }

  @ParameterizedTest
  @CsvSource({
    "1, 0.90 0.95 1.00",
    "0, 0.0 0.5 1.0",
    "0.5, 0.45 0.50 0.55",
    "2, 1.8 1.9 2.0 2.1 2.2",
    "-1, -1.10 -1.05 -1.00 -0.95 -0.90"
  })
  void aFlatShareStaysBetweenNoneAndAll(double value, String labels) throws Exception {
    Document svg = parsed(chart(List.of(new Point(0, value), new Point(40, value))));
    assertTrue(labels(svg).startsWith(labels + " 0 "), labels(svg));
  }

  @Test
  void leavesOutWhatIsNotFinite() throws Exception {
    LineChart chart =
        chart(List.of(new Point(0, Double.NaN), new Point(1, 2), new Point(2, 1 / 0.0)));
    assertEquals(1, points(parsed(chart)).length);
    assertTrue(chart(List.of(new Point(0, Double.NaN))).isEmpty());
  }

  @Test
  void drawsAConstantToo() throws Exception {
    String[] points = points(parsed(chart(List.of(new Point(1, 0), new Point(2, 0)))));
    for (String point : points) {
      assertTrue(point.matches("[0-9.]+,[0-9.]+"), point);
    }
  }

  @Test
  void thinsOutLongCurvesAndKeepsTheLastPoint() throws Exception {
    List<Point> many = IntStream.range(0, 5000).mapToObj(i -> new Point(i, i % 7)).toList();
    String[] points = points(parsed(chart(many)));
    assertTrue(points.length <= 401, String.valueOf(points.length));
    assertTrue(points[points.length - 1].startsWith("468.0,"), points[points.length - 1]);
  }
}
