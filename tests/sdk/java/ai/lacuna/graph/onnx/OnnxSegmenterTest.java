package ai.lacuna.graph.onnx;

import ai.lacuna.graph.Graph;
import ai.lacuna.oracle.Closeness;
import ai.lacuna.oracle.Dense;
import ai.lacuna.oracle.Fixture;
import ai.lacuna.train.Weights;
import ai.lacuna.vit.ImageSegmenter;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.SegmentationHead;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A segmenter's ONNX against timm's network and torch's layers. */
class OnnxSegmenterTest {
  /** Float32 here, float64 there. */
  private static final double TOLERANCE = 2e-5;

  @ParameterizedTest
  @EnumSource(SegmentationHead.Kind.class)
  void logitsAreThoseOfTorch(SegmentationHead.Kind kind) throws OrtException {
    Fixture fixture = Fixture.read("segment/step-" + kind.name().toLowerCase(Locale.ROOT));
    VisionTransformer encoder =
        new VisionTransformer(
            new VitConfig(16, 24, 3, 8, 12, 2, 3, 4, VitConfig.Positions.LEARNED),
            new Normalization(List.of(0.485, 0.456, 0.406), List.of(0.229, 0.224, 0.225)));
    Graph graph = new ImageSegmenter(encoder, new SegmentationHead(kind, 4, 5)).forward();
    NamedTensors.Builder weights = NamedTensors.builder();
    graph
        .parameters()
        .forEach(p -> weights.add(p.name(), fixture.tensors().require("weight." + p.name())));
    ModelProto model =
        OnnxLowering.lower(
            graph, Weights.source(weights.build())::bytes, OnnxForm.portable(), Map.of());
    Map<String, Dense> outputs =
        OrtRun.run(model, graph, Map.of("images", fixture.dense("images")));
    Closeness.check(
        "logits", TOLERANCE, fixture.dense("logits"), OrtRun.require(outputs, "logits"));
  }
}
