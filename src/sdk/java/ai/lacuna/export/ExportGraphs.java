package ai.lacuna.export;

import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import ai.lacuna.serving.Pooling;
import ai.lacuna.vit.VisionTransformer;
import java.util.ArrayList;
import java.util.List;

/** The functions of a bundle's files, over the one definition of the encoder. */
record ExportGraphs(VisionTransformer encoder) {

  /** Outputs {@code tokens}, {@code cls}, {@code mean} and {@code grid}, after the final norm. */
  Graph encoderOutputs() {
    GraphBuilder g = new GraphBuilder("forward");
    List<Value> blocks = encoder.encode(g, encoder.images(g));
    Value tokens = encoder.norm(g, blocks.get(blocks.size() - 1));
    return g.output("tokens", tokens)
        .output("cls", encoder.cls(g, tokens))
        .output("mean", encoder.mean(g, tokens))
        .output("grid", grid(g, tokens, Pooling.CLS_GRID))
        .build();
  }

  /** Outputs {@code logits} and {@code probabilities}. */
  Graph classifierOutputs(ClassifierHead head) {
    GraphBuilder g = new GraphBuilder("forward");
    Value logits = logits(g, head);
    return g.output("logits", logits).output("probabilities", g.softmax(logits)).build();
  }

  /** One function {@code forward}: images to logits. */
  Program classifierProgram(ClassifierHead head) {
    GraphBuilder g = new GraphBuilder("forward");
    return Program.of(g.output("logits", logits(g, head)).build());
  }

  private Value logits(GraphBuilder g, ClassifierHead head) {
    List<Value> blocks = encoder.encode(g, encoder.images(g));
    List<Value> parts = new ArrayList<>();
    for (int block : head.blocks()) {
      Value tokens = encoder.norm(g, blocks.get(block));
      switch (head.pooling()) {
        case CLS -> parts.add(encoder.cls(g, tokens));
        case MEAN -> parts.add(encoder.mean(g, tokens));
        case CLS_MEAN -> {
          parts.add(encoder.cls(g, tokens));
          parts.add(encoder.mean(g, tokens));
        }
        case CLS_GRID, CLS_GRID7 -> {
          parts.add(encoder.cls(g, tokens));
          parts.add(grid(g, tokens, head.pooling()));
        }
      }
    }
    Value features = parts.size() == 1 ? parts.get(0) : g.concat(1, parts);
    long classes = head.labels().size();
    Value weight = g.parameter(fixed(ClassifierHead.WEIGHT, Shape.of(classes, head.width())));
    Value bias = g.parameter(fixed(ClassifierHead.BIAS, Shape.of(classes)));
    return g.linear(features, weight, bias);
  }

  /** The cells of a pooling's grid, one after the other: [batch, side · side · D]. */
  private Value grid(GraphBuilder g, Value tokens, Pooling pooling) {
    long side = pooling.gridSide();
    Value cells = encoder.cells(g, tokens, pooling.gridSide());
    return g.reshape(cells, -1, side * side * encoder.config().embedDim());
  }

  private static Parameter fixed(String name, Shape shape) {
    return new Parameter(name, shape, true, Parameter.constant(0));
  }
}
