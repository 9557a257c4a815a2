package ai.lacuna.export;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Pooling;
import ai.lacuna.vit.VisionTransformer;
import java.util.List;

/** The functions of a bundle's files, over the one definition of the encoder. */
record ExportGraphs(VisionTransformer encoder, List<Integer> layers) {

  /**
   * Outputs {@code tokens}, {@code cls}, {@code mean}, {@code grid} and {@code embedding} (class
   * token, then mean), and {@code tokens_block0} for each chosen layer, all after the final norm.
   */
  Graph encoderOutputs() {
    GraphBuilder g = new GraphBuilder("forward");
    List<Value> blocks = encoder.encode(g, encoder.images(g));
    Value tokens = encoder.norm(g, blocks.get(blocks.size() - 1));
    Value cls = encoder.cls(g, tokens);
    Value mean = encoder.mean(g, tokens);
    g.output("tokens", tokens)
        .output("cls", cls)
        .output("mean", mean)
        .output("grid", grid(g, encoder, tokens, Pooling.CLS_GRID))
        .output("embedding", g.concat(1, List.of(cls, mean)));
    for (int layer : layers) {
      g.output("tokens_block" + layer, encoder.norm(g, blocks.get(layer)));
    }
    return g.build();
  }

  /**
   * Outputs {@code logits} and {@code probabilities}, {@code values}, or {@code logits} of pixels.
   */
  Graph headOutputs(ExportedHead head) {
    GraphBuilder g = new GraphBuilder("forward");
    Value logits = head.logits(g, encoder);
    g.output(head.output(), logits);
    if (!head.isOfValues() && !head.isOfPixels()) {
      g.output("probabilities", head.probabilities(g, logits));
    }
    return g.build();
  }

  /** One function {@code forward}: images to logits, or to values. */
  Program headProgram(ExportedHead head) {
    GraphBuilder g = new GraphBuilder("forward");
    return Program.of(g.output(head.output(), head.logits(g, encoder)).build());
  }

  /** The cells of a pooling's grid, one after the other: [batch, side · side · D]. */
  static Value grid(GraphBuilder g, VisionTransformer encoder, Value tokens, Pooling pooling) {
    long side = pooling.gridSide();
    Value cells = encoder.cells(g, tokens, pooling.gridSide());
    return g.reshape(cells, -1, side * side * encoder.config().embedDim());
  }
}
