package ai.lacuna.export;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Precision;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.onnx.Numbers;
import ai.lacuna.graph.onnx.OnnxForm;
import ai.lacuna.graph.onnx.OnnxLowering;
import ai.lacuna.graph.torchscript.TorchScriptArchive;
import ai.lacuna.serving.Manifest;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.serving.Variant;
import ai.lacuna.train.Weights;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Writes the models of a bundle, and keeps what the manifest says of them. */
final class ModelFiles {
  private final Path folder;
  private final ExportGraphs graphs;
  private final NamedTensors weights;
  private final Optional<ExportedHead> head;
  private final ExportSettings settings;
  private final Preprocessing preprocessing;
  private final Map<String, String> metadata;
  private final List<String> names = new ArrayList<>();
  private final List<Manifest.Output> outputs = new ArrayList<>();

  /**
   * @param folder where files go
   * @param graphs the functions
   * @param weights the encoder's
   * @param head what predicts, if anything does
   * @param settings how
   * @param preprocessing what brings images to the network's input
   * @param metadata what every ONNX file says of itself
   */
  ModelFiles(
      Path folder,
      ExportGraphs graphs,
      NamedTensors weights,
      Optional<ExportedHead> head,
      ExportSettings settings,
      Preprocessing preprocessing,
      Map<String, String> metadata) {
    this.folder = folder;
    this.graphs = graphs;
    this.weights = weights;
    this.head = head;
    this.settings = settings;
    this.preprocessing = preprocessing;
    this.metadata = metadata;
  }

  /** TorchScript in all precisions, ONNX in float32. */
  void writeFloat32() throws IOException {
    archives(Precision.FLOAT32);
    for (Precision precision : settings.archives()) {
      archives(precision);
    }
    writeOnnx(Variant.FLOAT32, (graph, tensors) -> OnnxForm.of(settings.target()));
  }

  private void archives(Precision precision) throws IOException {
    archive(Manifest.ENCODER_PT, graphs.encoder().program(), weights, precision);
    if (head.isPresent()) {
      ExportedHead predictor = head.get();
      Program program = graphs.headProgram(predictor);
      archive(predictor.archive(), program, predictor.with(weights), precision);
    }
    if (settings.autoencoder().isPresent()) {
      ExportedAutoencoder whole = settings.autoencoder().get();
      archive(Manifest.AUTOENCODER_PT, whole.network().exported(), whole.weights(), precision);
    }
  }

  /** The name of an archive in a precision: {@code encoder.bfloat16.pt}. */
  static String archiveOf(String file, Precision precision) {
    return precision.isLow()
        ? file.substring(0, file.lastIndexOf('.')) + "." + precision.label() + ".pt"
        : file;
  }

  /**
   * ONNX in other numbers; what this variant wrote before is replaced.
   *
   * @param calibration gives ranges if the variant needs them
   * @param exactBlocks how many of the first blocks stay float32
   */
  void write(OnnxVariant variant, Calibration calibration, int exactBlocks) throws IOException {
    String mark = "." + variant.label() + ".onnx";
    names.removeIf(name -> name.contains(mark));
    outputs.removeIf(output -> output.file().contains(mark));
    writeOnnx(
        variant.label(),
        (graph, tensors) -> {
          Set<String> exact = exact(graph, exactBlocks);
          OnnxForm form = OnnxForm.of(settings.target());
          return switch (variant) {
            case ANY_SIZE -> form.with(AnySize.input(preprocessing));
            case FLOAT16 -> form.with(new Numbers.Float16(exact));
            case INT8 -> form.with(new Numbers.DynamicInt8(exact));
            case INT8_STATIC ->
                form.with(new Numbers.StaticInt8(calibration.ranges(graph, tensors), exact));
          };
        });
  }

  /**
   * The layers that stay float32. The patch embedding is one: it is a hundredth of the work, and
   * its rounding in 8 bits was found to move features as much as that of all blocks but the first.
   */
  private static Set<String> exact(Graph graph, int blocks) {
    Set<String> names = new HashSet<>();
    for (Parameter parameter : graph.parameters()) {
      String name = parameter.name();
      boolean early = name.startsWith("patch_embed.");
      for (int i = 0; i < blocks; i++) {
        early |= name.startsWith("blocks." + i + ".");
      }
      if (early) {
        names.add(name);
      }
    }
    return names;
  }

  /** The form of a model. */
  private interface Choice {
    OnnxForm of(Graph graph, NamedTensors tensors);
  }

  private void archive(String file, Program program, NamedTensors tensors, Precision precision)
      throws IOException {
    String name = archiveOf(file, precision);
    TorchScriptArchive.writeCompact(
        folder.resolve(name), program, Weights.source(tensors), precision);
    names.add(name);
  }

  private void writeOnnx(String variant, Choice choice) throws IOException {
    String file = Variant.fileOf(Manifest.ENCODER_ONNX, variant);
    onnx(file, graphs.encoderOutputs(), choice, weights);
    if (head.isPresent()) {
      ExportedHead predictor = head.get();
      String other = Variant.fileOf(predictor.onnx(), variant);
      onnx(other, graphs.headOutputs(predictor), choice, predictor.with(weights));
    }
  }

  private void onnx(String file, Graph graph, Choice choice, NamedTensors tensors)
      throws IOException {
    OnnxForm form = choice.of(graph, tensors);
    List<Path> written =
        OnnxLowering.write(
            graph, Weights.source(tensors)::bytes, form, metadata, folder.resolve(file));
    written.forEach(path -> names.add(String.valueOf(path.getFileName())));
    graph
        .outputs()
        .forEach(
            (name, value) -> outputs.add(new Manifest.Output(file, name, value.shape().dims())));
  }

  /** Whether the head gives each pixel a class. */
  boolean isOfPixels() {
    return head.filter(ExportedHead::isOfPixels).isPresent();
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
