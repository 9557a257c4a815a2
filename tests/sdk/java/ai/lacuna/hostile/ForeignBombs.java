package ai.lacuna.hostile;

import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.Safetensors;
import ai.lacuna.weights.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;

/** Sound files of weights whose names alone ask for much. */
final class ForeignBombs {
  private static final int WIDTH = 64;

  private ForeignBombs() {}

  /** All of them by name. */
  static Map<String, LargeBombs.Maker> all() {
    Map<String, LargeBombs.Maker> makers = new LinkedHashMap<>();
    NamedTensors wrapped =
        NamedTensors.builder()
            .add("net.".repeat(200_000) + "patch_embed.proj.weight", zeros(1, 1, 1, 1))
            .build();
    makers.put("import 200,000 wrappers", file -> Safetensors.write(file, wrapped, Map.of()));
    NamedTensors.Builder deep =
        NamedTensors.builder()
            .add("cls_token", zeros(1, 1, WIDTH))
            .add("pos_embed", zeros(1, 50, WIDTH))
            .add("patch_embed.proj.weight", zeros(WIDTH, 3, 4, 4))
            .add("blocks.0.mlp.fc1.weight", zeros(4 * WIDTH, WIDTH));
    for (int block = 0; block < 9_999; block++) {
      deep.add("blocks." + block + ".norm1.weight", zeros(1));
    }
    NamedTensors blocks = deep.build();
    makers.put("import 9,999 blocks", file -> Safetensors.write(file, blocks, Map.of()));
    return makers;
  }

  private static Tensor zeros(long... shape) {
    long numbers = 1;
    for (long size : shape) {
      numbers *= size;
    }
    return Tensor.of(new float[Math.toIntExact(numbers)], shape);
  }
}
