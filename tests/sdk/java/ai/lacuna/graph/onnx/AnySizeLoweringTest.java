package ai.lacuna.graph.onnx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Shape;
import ai.lacuna.oracle.Dense;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Pixels;
import ai.lacuna.serving.Preprocessing;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnxruntime.OrtException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Levels of pixels against {@link Preprocessing#apply}, which gives those of Pillow. */
class AnySizeLoweringTest {
  private static final int HEIGHT = 20;
  private static final int WIDTH = 28;
  private static final int[][] SIZES = {
    {20, 28}, {97, 130}, {130, 97}, {21, 29}, {11, 15}, {9, 80}, {200, 30}, {40, 56}, {64, 64}
  };

  /** Share of the levels that may be the next one, where a sum lies between two. */
  private static final double NEXT_LEVEL = 5e-3;

  /** ONNX Runtime's triangle differs a little from Pillow's where an image hardly shrinks. */
  private static final double NEXT_LEVEL_BILINEAR = 0.06;

  @Test
  void givesTheLevelsOfTheTrainingPipeline() throws OrtException {
    for (Interpolation interpolation : Interpolation.values()) {
      boolean bicubic = interpolation == Interpolation.BICUBIC;
      check(
          preprocessing(interpolation, 1, Preprocessing.Fit.CROP),
          new AnySizeInput(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, List.of(), true, bicubic));
      check(
          preprocessing(interpolation, 0.875, Preprocessing.Fit.CROP),
          new AnySizeInput(HEIGHT, WIDTH, 2, 22, 32, List.of(), true, bicubic));
      check(
          preprocessing(interpolation, 1, Preprocessing.Fit.PAD),
          new AnySizeInput(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, List.of(64, 191), true, bicubic));
      check(
          preprocessing(interpolation, 1, Preprocessing.Fit.KEEP),
          new AnySizeInput(HEIGHT, WIDTH, 2, HEIGHT, WIDTH, List.of(64, 191), false, bicubic));
    }
  }

  private static Preprocessing preprocessing(
      Interpolation interpolation, double fraction, Preprocessing.Fit fit) {
    return new Preprocessing(
        HEIGHT, WIDTH, 2, List.of(0.25, 0.75), List.of(1.0, 1.0), interpolation, fraction, fit);
  }

  private static void check(Preprocessing preprocessing, AnySizeInput input) throws OrtException {
    GraphBuilder g = new GraphBuilder("forward");
    Graph graph =
        g.output(
                "y",
                g.cast(
                    g.input("images", DType.UINT8, Shape.batch(HEIGHT, WIDTH, 2)), DType.FLOAT32))
            .build();
    ModelProto model =
        OnnxLowering.lower(
            graph, p -> ByteBuffer.allocate(0), OnnxForm.portable().with(input), Map.of());
    Random random = new Random(8);
    for (int[] size : SIZES) {
      double[] levels = new double[size[0] * size[1] * 2];
      byte[] bytes = new byte[levels.length];
      for (int i = 0; i < levels.length; i++) {
        int column = i / 2 % size[1];
        levels[i] = Math.floor(Math.max(0, Math.min(255, 3 * column + 60 * random.nextGaussian())));
        bytes[i] = (byte) (int) levels[i];
      }
      byte[] expected = preprocessing.apply(Pixels.of(size[0], size[1], 2, bytes)).data();
      Dense images = Dense.of(levels, 1, size[0], size[1], 2);
      double[] found =
          OrtRun.require(OrtRun.run(model, graph, Map.of("images", images)), "y").values();
      assertEquals(expected.length, found.length);
      int next = 0;
      for (int i = 0; i < found.length; i++) {
        double error = Math.abs(found[i] - (expected[i] & 0xff));
        assertTrue(error <= 1, preprocessing + " " + size[0] + " x " + size[1] + ": " + error);
        next += error > 0 ? 1 : 0;
      }
      assertTrue(
          next <= (input.bicubic() ? NEXT_LEVEL : NEXT_LEVEL_BILINEAR) * found.length,
          preprocessing + " " + size[0] + " x " + size[1] + ": " + next + " levels differ");
    }
  }
}
