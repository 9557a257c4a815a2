package ai.lacuna.export;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.onnx.AttentionForm;
import ai.lacuna.graph.onnx.Numbers;
import ai.lacuna.graph.onnx.OnnxForm;
import ai.lacuna.graph.onnx.OnnxLowering;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Variant;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Writes the models of a bundle, and keeps what the manifest says of them. */
final class ModelFiles {
  private final Path folder;
  private final ExportGraphs graphs;
  private final NamedTensors weights;
  private final Optional<ExportedHead> head;
  private final AttentionForm attention;
  private final Map<String, String> metadata;
  private final List<String> names = new ArrayList<>();
  private final List<Manifest.Output> outputs = new ArrayList<>();

  /**
   * @param folder where files go
   * @param graphs the functions
   * @param weights the encoder's
   * @param head what predicts, if anything does
   * @param attention how attention is written
   * @param metadata what every ONNX file says of itself
   */
  ModelFiles(
      Path folder,
      ExportGraphs graphs,
      NamedTensors weights,
      Optional<ExportedHead> head,
      AttentionForm attention,
      Map<String, String> metadata) {
    this.folder = folder;
    this.graphs = graphs;
    this.weights = weights;
    this.head = head;
    this.attention = attention;
    this.metadata = metadata;
  }

  /** TorchScript and ONNX in float32. */
  void writeFloat32() throws IOException {
    archive(Manifest.ENCODER_PT, graphs.encoder().program(), weights);
    if (head.isPresent()) {
      archive(head.get().archive(), graphs.headProgram(head.get()), head.get().with(weights));
    }
    writeOnnx(Variant.FLOAT32, (graph, tensors) -> Numbers.float32());
  }

  /** ONNX in other numbers. */
  void write(OnnxVariant variant, Calibration calibration) throws IOException {
    writeOnnx(
        variant.label(),
        (graph, tensors) ->
            switch (variant) {
              case FLOAT16 -> Numbers.float16();
              case INT8 -> Numbers.dynamicInt8();
              case INT8_STATIC -> calibration.int8(graph, tensors);
            });
  }

  /** The numbers of a model. */
  private interface Choice {
    Numbers of(Graph graph, NamedTensors tensors);
  }

  private void archive(String file, Program program, NamedTensors tensors) throws IOException {
    TorchScriptArchive.write(folder.resolve(file), program, Weights.source(tensors));
    names.add(file);
  }

  private void writeOnnx(String variant, Choice numbers) throws IOException {
    String file = Variant.fileOf(Manifest.ENCODER_ONNX, variant);
    onnx(file, graphs.encoderOutputs(), numbers, weights);
    if (head.isPresent()) {
      ExportedHead predictor = head.get();
      String other = Variant.fileOf(predictor.onnx(), variant);
      onnx(other, graphs.headOutputs(predictor), numbers, predictor.with(weights));
    }
  }

  private void onnx(String file, Graph graph, Choice numbers, NamedTensors tensors)
      throws IOException {
    OnnxForm form = OnnxForm.of(attention).with(numbers.of(graph, tensors));
    List<Path> written =
        OnnxLowering.write(
            graph, Weights.source(tensors)::bytes, form, metadata, folder.resolve(file));
    written.forEach(path -> names.add(String.valueOf(path.getFileName())));
    graph
        .outputs()
        .forEach(
            (name, value) -> outputs.add(new Manifest.Output(file, name, value.shape().dims())));
  }

  /** The files so far. */
  List<String> names() {
    return List.copyOf(names);
  }

  /** The outputs of the ONNX files so far. */
  List<Manifest.Output> outputs() {
    return List.copyOf(outputs);
  }
}
