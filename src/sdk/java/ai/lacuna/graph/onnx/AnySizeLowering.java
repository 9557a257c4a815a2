package ai.lacuna.graph.onnx;

import static ai.lacuna.graph.onnx.OnnxNodes.attribute;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.TensorProto.DataType;
import java.util.ArrayList;
import java.util.List;

/** Brings images of any size to a network's, in the graph. */
final class AnySizeLowering {
  private static final double LARGEST = 255;

  private final OnnxNodes nodes;
  private final AnySizeInput input;

  AnySizeLowering(OnnxNodes nodes, AnySizeInput input) {
    this.nodes = nodes;
    this.input = input;
  }

  /**
   * Lowers the preparation.
   *
   * @param images name of uint8 [batch, h, w, channels]
   * @return name of uint8 [batch, height, width, channels]
   */
  String lower(String images) {
    String height = size(images, 1);
    String width = size(images, 2);
    String pixels =
        nodes.node(
            "Transpose",
            List.of(cast(images, DataType.FLOAT)),
            attribute("perm", List.of(0, 3, 1, 2)));
    String ready = input.pads() ? padded(pixels, height, width) : cropped(pixels, height, width);
    String last = nodes.node("Transpose", List.of(ready), attribute("perm", List.of(0, 2, 3, 1)));
    String bytes = cast(last, DataType.UINT8);
    // Says the size to runtimes, which cannot see it.
    List<Long> shape =
        List.of(-1L, (long) input.height(), (long) input.width(), (long) input.channels());
    return nodes.node("Reshape", List.of(bytes, nodes.longs(shape)));
  }

  /** Scaled until it covers, then the middle. */
  private String cropped(String pixels, String height, String width) {
    String coverHeight = nodes.longs(List.of((long) input.coverHeight()));
    String coverWidth = nodes.longs(List.of((long) input.coverWidth()));
    String byHeight = node("Mul", coverHeight, width);
    String byWidth = node("Mul", coverWidth, height);
    String higher = node("GreaterOrEqual", byHeight, byWidth);
    String newHeight =
        nodes.node("Where", List.of(higher, coverHeight, node("Div", byWidth, width)));
    String newWidth =
        nodes.node("Where", List.of(higher, node("Div", byHeight, height), coverWidth));
    String resized = resized(pixels, newHeight, newWidth, height);
    String top = half(newHeight, input.height());
    String left = half(newWidth, input.width());
    String start = concat(top, left);
    List<Long> size = List.of((long) input.height(), (long) input.width());
    return nodes.node(
        "Slice",
        List.of(
            resized, start, node("Add", start, nodes.longs(size)), nodes.longs(List.of(2L, 3L))));
  }

  /** Half of what is cut off, of two equally near numbers the even one. */
  private String half(String whole, int part) {
    String rest = node("Sub", whole, nodes.longs(List.of((long) part)));
    String exact = node("Mul", cast(rest, DataType.FLOAT), nodes.floats(List.of(0.5), List.of()));
    return cast(nodes.node("Round", List.of(exact)), DataType.INT64);
  }

  /** Scaled until it fits, then padded. */
  private String padded(String pixels, String height, String width) {
    String byHeight = node("Div", constant(input.height()), cast(height, DataType.DOUBLE));
    String byWidth = node("Div", constant(input.width()), cast(width, DataType.DOUBLE));
    String fits = node("Min", byHeight, byWidth);
    String scale = input.enlarges() ? fits : node("Min", fits, constant(1));
    String newHeight = side(height, scale, input.height());
    String newWidth = side(width, scale, input.width());
    String resized = resized(pixels, newHeight, newWidth, height);
    String restHeight = node("Sub", nodes.longs(List.of((long) input.height())), newHeight);
    String restWidth = node("Sub", nodes.longs(List.of((long) input.width())), newWidth);
    String two = nodes.longs(List.of(2L));
    String top = node("Div", restHeight, two);
    String left = node("Div", restWidth, two);
    String none = nodes.longs(List.of(0L, 0L));
    String pads =
        concat(none, top, left, none, node("Sub", restHeight, top), node("Sub", restWidth, left));
    List<Double> levels = input.padding().stream().map(Integer::doubleValue).toList();
    String level = nodes.floats(levels, List.of((long) levels.size(), 1L, 1L));
    String framed = nodes.node("Pad", List.of(node("Sub", resized, level), pads));
    return node("Add", framed, level);
  }

  private String constant(int value) {
    return cast(nodes.floats(List.of((double) value), List.of(1L)), DataType.DOUBLE);
  }

  private String side(String side, String scale, int most) {
    String exact = node("Mul", cast(side, DataType.DOUBLE), scale);
    String whole = cast(nodes.node("Round", List.of(exact)), DataType.INT64);
    String atMost = node("Min", whole, nodes.longs(List.of((long) most)));
    return node("Max", atMost, nodes.longs(List.of(1L)));
  }

  /** Rows, then columns, each rounded. */
  private String resized(String pixels, String newHeight, String newWidth, String height) {
    String outer = nodes.node("Shape", List.of(pixels), attribute("start", 0), attribute("end", 2));
    String rows = levels(resize(pixels, concat(outer, height, newWidth)));
    return levels(resize(rows, concat(outer, newHeight, newWidth)));
  }

  private String resize(String pixels, String sizes) {
    List<AttributeProto> attributes = new ArrayList<>();
    attributes.add(attribute("mode", input.bicubic() ? "cubic" : "linear"));
    attributes.add(attribute("antialias", 1));
    // Without it, values beyond the border count as those at it.
    attributes.add(attribute("exclude_outside", 1));
    if (input.bicubic()) {
      attributes.add(attribute("cubic_coeff_a", -0.5));
    }
    return nodes.node(
        "Resize", List.of(pixels, "", "", sizes), attributes.toArray(new AttributeProto[0]));
  }

  /** Whole levels from 0 to 255; a half goes up. */
  private String levels(String pixels) {
    String half = nodes.floats(List.of(0.5), List.of());
    String whole = nodes.node("Floor", List.of(node("Add", pixels, half)));
    return nodes.node(
        "Clip",
        List.of(
            whole,
            nodes.floats(List.of(0.0), List.of()),
            nodes.floats(List.of(LARGEST), List.of())));
  }

  private String size(String images, int axis) {
    return nodes.node(
        "Shape", List.of(images), attribute("start", axis), attribute("end", axis + 1));
  }

  private String cast(String x, DataType type) {
    return nodes.node("Cast", List.of(x), attribute("to", type.getNumber()));
  }

  private String concat(String... parts) {
    return nodes.node("Concat", List.of(parts), attribute("axis", 0));
  }

  private String node(String type, String a, String b) {
    return nodes.node(type, List.of(a, b));
  }
}
