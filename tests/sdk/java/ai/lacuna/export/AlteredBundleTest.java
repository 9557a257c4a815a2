package ai.lacuna.export;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.BundleException;
import ai.lacuna.serving.OnnxClassifier;
import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.NodeProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import ai.onnx.proto.OnnxMl.ValueInfoProto;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Bundles whose models and manifests agree, but do not make sense. */
class AlteredBundleTest {
  private static final int LABELS = 10;

  private final Path folder;

  AlteredBundleTest(@TempDir Path folder) {
    this.folder = folder;
  }

  @BeforeEach
  void copyTheTinyBundle() throws IOException {
    for (String file :
        List.of(
            "manifest.json",
            "encoder.onnx",
            "encoder.pt",
            "classifier.onnx",
            "classifier.pt",
            "sample.safetensors")) {
      try (InputStream in =
          Objects.requireNonNull(getClass().getResourceAsStream("/fixtures/bundle-tiny/" + file))) {
        Files.copy(in, folder.resolve(file));
      }
    }
  }

  @Test
  void refusesFewerProbabilitiesThanLabels() throws IOException {
    AlteredBundle.alter(folder, "classifier.onnx", AlteredBundleTest::dropTheLastProbability);
    Path manifest = folder.resolve("manifest.json");
    String text = Files.readString(manifest);
    int at = text.indexOf("\"name\": \"probabilities\"");
    String shape = text.substring(at, text.indexOf(']', at));
    String narrower = shape.replace(String.valueOf(LABELS), String.valueOf(LABELS - 1));
    Files.writeString(manifest, text.replace(shape, narrower));
    BundleException e = assertThrows(BundleException.class, () -> OnnxClassifier.open(folder));
    assertEquals(
        "classifier.onnx probabilities: expected shape [-1, 10], a value for each label, found"
            + " [-1, 9]; export the bundle again",
        e.getMessage());
  }

  private static void dropTheLastProbability(GraphProto.Builder graph) {
    int last = graph.getNodeCount() - 1;
    NodeProto node = graph.getNode(last);
    assertEquals("probabilities", node.getOutput(0));
    graph.setNode(last, node.toBuilder().setOutput(0, "all"));
    graph
        .addInitializer(number("from", 0))
        .addInitializer(number("to", LABELS - 1))
        .addInitializer(number("axis", 1))
        .addNode(
            NodeProto.newBuilder()
                .setOpType("Slice")
                .addAllInput(List.of("all", "from", "to", "axis"))
                .addOutput("probabilities"));
    boolean found = false;
    for (int i = 0; i < graph.getOutputCount(); i++) {
      ValueInfoProto.Builder output = graph.getOutputBuilder(i);
      if (output.getName().equals("probabilities")) {
        output
            .getTypeBuilder()
            .getTensorTypeBuilder()
            .getShapeBuilder()
            .getDimBuilder(1)
            .setDimValue(LABELS - 1);
        found = true;
      }
    }
    assertTrue(found);
  }

  private static TensorProto number(String name, long value) {
    return TensorProto.newBuilder()
        .setName(name)
        .setDataType(TensorProto.DataType.INT64_VALUE)
        .addDims(1)
        .addInt64Data(value)
        .build();
  }
}
