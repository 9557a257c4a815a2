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

  /** Outputs {@code tokens}, {@code cls} and {@code mean}, all after the final norm. */
  Graph encoderOutputs() {
    GraphBuilder g = new GraphBuilder("forward");
    List<Value> blocks = encoder.encode(g, encoder.images(g));
    Value tokens = encoder.norm(g, blocks.get(blocks.size() - 1));
    return g.output("tokens", tokens)
        .output("cls", cls(g, tokens))
        .output("mean", mean(g, tokens))
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
      if (head.pooling() != Pooling.MEAN) {
        parts.add(cls(g, tokens));
      }
      if (head.pooling() != Pooling.CLS) {
        parts.add(mean(g, tokens));
      }
    }
    Value features = parts.size() == 1 ? parts.get(0) : g.concat(1, parts);
    long classes = head.labels().size();
    Value weight = g.parameter(fixed(ClassifierHead.WEIGHT, Shape.of(classes, head.width())));
    Value bias = g.parameter(fixed(ClassifierHead.BIAS, Shape.of(classes)));
    return g.linear(features, weight, bias);
  }

  private static Parameter fixed(String name, Shape shape) {
    return new Parameter(name, shape, true, Parameter.constant(0));
  }

  private Value cls(GraphBuilder g, Value tokens) {
    return g.reshape(g.slice(tokens, 1, 0, 1), -1, encoder.config().embedDim());
  }

  private Value mean(GraphBuilder g, Value tokens) {
    return g.mean(g.slice(tokens, 1, 1, 1L + encoder.config().numPatches()), false, 1);
  }
}
