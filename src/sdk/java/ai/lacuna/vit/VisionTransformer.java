package ai.lacuna.vit;

import ai.lacuna.graph.DType;
import ai.lacuna.graph.Graph;
import ai.lacuna.graph.GraphBuilder;
import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.graph.Shape;
import ai.lacuna.graph.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * The encoder: a plain vision transformer with a class token (arXiv 2010.11929), pre-norm, with the
 * parameter names of timm and of the public MAE checkpoints.
 *
 * <pre>
 *   images   uint8 [batch, H, W, C]
 *   tokens         [batch, 1 + N, D], token 0 is the class token, after the final norm
 *   features       [batch, depth, 2, D], for each block its class token and the mean of its patch
 *                  tokens, each after the final norm (arXiv 2304.07193, linear protocol)
 *   grids          [batch, depth, 6, D], for each block its class token, the mean of its patch
 *                  tokens, and the means of the four cells of a 2 x 2 grid over the patches, row by
 *                  row
 *   fine_grids     [batch, depth, 55, D], the same, then the means of the cells of a 7 x 7 grid
 * </pre>
 *
 * @param config the architecture
 * @param normalization channel statistics; the network takes raw bytes
 */
public record VisionTransformer(VitConfig config, Normalization normalization) {
  /** Deviation of the class token's and of learned positions' initial values (MAE). */
  static final double TOKEN_DEVIATION = 0.02;

  /** Cells of {@code grids} in each direction. */
  private static final int GRID_SIDE = 2;

  /** Cells of the further grid of {@code fine_grids} in each direction. */
  private static final int FINE_GRID_SIDE = 7;

  /**
   * @throws IllegalArgumentException if the statistics are for another number of channels
   */
  public VisionTransformer {
    if (normalization.mean().size() != config.channels()) {
      throw new IllegalArgumentException(
          "normalization: expected "
              + config.channels()
              + " channels, found "
              + normalization.mean().size());
    }
  }

  /** The encoder's functions: {@code forward}, {@code features} and those with grids. */
  public Program program() {
    return Program.of(forward(), features(), grids(), fineGrids());
  }

  /** images → tokens [batch, 1 + N, D] after the final norm. */
  public Graph forward() {
    GraphBuilder g = new GraphBuilder("forward");
    List<Value> outputs = encode(g, images(g));
    return g.output("tokens", norm(g, outputs.get(outputs.size() - 1))).build();
  }

  /** images → features [batch, depth, 2, D]. */
  public Graph features() {
    GraphBuilder g = new GraphBuilder("features");
    return g.output("features", features(g, images(g))).build();
  }

  /** images → grids [batch, depth, 6, D]. */
  public Graph grids() {
    return grids("grids", GRID_SIDE);
  }

  /** images → fine_grids [batch, depth, 55, D]. */
  public Graph fineGrids() {
    return grids("fine_grids", GRID_SIDE, FINE_GRID_SIDE);
  }

  private Graph grids(String name, int... sides) {
    GraphBuilder g = new GraphBuilder(name);
    List<Value> rows = new ArrayList<>();
    int parts = 2;
    for (int side : sides) {
      parts += side * side;
    }
    for (Value block : encode(g, images(g))) {
      Value tokens = norm(g, block);
      rows.add(g.slice(tokens, 1, 0, 1));
      rows.add(g.mean(g.slice(tokens, 1, 1, 1L + config.numPatches()), true, 1));
      for (int side : sides) {
        rows.add(cells(g, tokens, side));
      }
    }
    Value joined = g.concat(1, rows);
    return g.output(name, g.reshape(joined, -1, config.depth(), parts, config.embedDim())).build();
  }

  /** The class token of tokens [batch, 1 + N, D]: [batch, D]. */
  public Value cls(GraphBuilder g, Value tokens) {
    return g.reshape(g.slice(tokens, 1, 0, 1), -1, config.embedDim());
  }

  /** The mean of the patch tokens of tokens [batch, 1 + N, D]: [batch, D]. */
  public Value mean(GraphBuilder g, Value tokens) {
    return g.mean(g.slice(tokens, 1, 1, 1L + config.numPatches()), false, 1);
  }

  /**
   * Means of the patch tokens in the cells of a grid. Cell i of an axis of n patches spans
   * ⌊i·n/side⌋ to ⌈(i+1)·n/side⌉, as adaptive average pooling has it; where side does not divide n,
   * neighbours share patches.
   *
   * @param tokens [batch, 1 + N, D]
   * @param side cells in each direction
   * @return [batch, side · side, D], row by row
   */
  public Value cells(GraphBuilder g, Value tokens, int side) {
    int gh = config.gridHeight();
    int gw = config.gridWidth();
    Value patches = g.slice(tokens, 1, 1, 1L + config.numPatches());
    Value map = g.reshape(patches, -1, gh, gw, config.embedDim());
    Value cells = bands(g, bands(g, map, 1, gh, side), 2, gw, side);
    return g.reshape(cells, -1, (long) side * side, config.embedDim());
  }

  /** Means along an axis of n patches, one for each cell; a rectangle's mean is that of means. */
  private static Value bands(GraphBuilder g, Value map, int axis, int n, int side) {
    if (n == side) {
      return map;
    }
    List<Value> bands = new ArrayList<>();
    for (int i = 0; i < side; i++) {
      int to = ((i + 1) * n + side - 1) / side;
      bands.add(g.mean(g.slice(map, axis, i * n / side, to), true, axis));
    }
    return g.concat(axis, bands);
  }

  /** The input {@code images} of a function under construction: uint8 [batch, H, W, C]. */
  public Value images(GraphBuilder g) {
    Shape shape = Shape.batch(config.imageHeight(), config.imageWidth(), config.channels());
    return g.input("images", DType.UINT8, shape);
  }

  /** Class token and mean of patch tokens of every block, [batch, depth, 2, D]. */
  public Value features(GraphBuilder g, Value images) {
    List<Value> rows = new ArrayList<>();
    for (Value block : encode(g, images)) {
      Value tokens = norm(g, block);
      rows.add(g.slice(tokens, 1, 0, 1));
      rows.add(g.mean(g.slice(tokens, 1, 1, 1L + config.numPatches()), true, 1));
    }
    return g.reshape(g.concat(1, rows), -1, config.depth(), 2, config.embedDim());
  }

  /** The final norm. */
  public Value norm(GraphBuilder g, Value tokens) {
    return TransformerBlock.norm(g, "norm", tokens, config.layerNormEpsilon());
  }

  /** Every block's output on whole images, before the final norm: [batch, 1 + N, D] each. */
  public List<Value> encode(GraphBuilder g, Value images) {
    return encodeNormalized(g, Patches.normalize(g, images, normalization));
  }

  /**
   * The last block's output of normalised pixels, with branches left out, before the final norm.
   *
   * @param pixels float32 [batch, H, W, C]
   * @param drop leaves branches out
   * @return [batch, 1 + N, D]
   */
  Value encodeDropped(GraphBuilder g, Value pixels, DropPath drop) {
    Value patches = Patches.patchify(g, pixels, config);
    return dropped(g, withClassToken(g, g.add(embed(g, patches), patchPositions(g))), drop);
  }

  /**
   * The same of some patches alone.
   *
   * @param pixels float32 [batch, H, W, C]
   * @param idsKeep int64 [batch, K], indices of patches to keep
   * @param drop leaves branches out
   * @return [batch, 1 + K, D]
   */
  Value encodeDropped(GraphBuilder g, Value pixels, Value idsKeep, DropPath drop) {
    return dropped(g, visible(g, Patches.patchify(g, pixels, config), idsKeep), drop);
  }

  private Value dropped(GraphBuilder g, Value tokens, DropPath drop) {
    Value y = tokens;
    for (int i = 0; i < config.depth(); i++) {
      y = block(i).apply(g, y, drop, i);
    }
    return y;
  }

  private TransformerBlock block(int index) {
    return new TransformerBlock(
        "blocks." + index,
        config.embedDim(),
        config.numHeads(),
        config.mlpDim(),
        config.layerNormEpsilon());
  }

  private List<Value> encodeNormalized(GraphBuilder g, Value images) {
    Value patches = Patches.patchify(g, images, config);
    Value x = g.add(embed(g, patches), patchPositions(g));
    return blocks(g, withClassToken(g, x));
  }

  /**
   * A function for perceptual losses: pixels → patch tokens [batch, N, D] of every block, each
   * after the final norm.
   *
   * @param name the function's name
   * @param pixelNormalization what made its input, {@code pixels} float32 [batch, C, H, W]
   */
  public Graph featureMaps(String name, Normalization pixelNormalization) {
    GraphBuilder g = new GraphBuilder(name);
    Shape shape = Shape.batch(config.channels(), config.imageHeight(), config.imageWidth());
    Value pixels = g.input("pixels", DType.FLOAT32, shape);
    Value images = Patches.renormalize(g, pixels, pixelNormalization, normalization);
    int block = 0;
    for (Value tokens : encodeNormalized(g, images)) {
      Value patches = g.slice(norm(g, tokens), 1, 1, 1L + config.numPatches());
      g.output("block" + block++, patches);
    }
    return g.build();
  }

  /**
   * What the first block takes and what each gives of the visible patches alone, before the final
   * norm.
   *
   * @param patches [batch, N, p·p·C], normalised pixels
   * @param idsKeep int64 [batch, K], indices of patches to keep
   * @return [batch, 1 + K, D], one more than there are blocks
   */
  List<Value> visibleStates(GraphBuilder g, Value patches, Value idsKeep) {
    Value x = visible(g, patches, idsKeep);
    List<Value> states = new ArrayList<>(List.of(x));
    states.addAll(blocks(g, x));
    return states;
  }

  /** What the first block takes of the visible patches, [batch, 1 + K, D]. */
  private Value visible(GraphBuilder g, Value patches, Value idsKeep) {
    Value visible = embed(g, g.gatherRows(patches, idsKeep));
    Value table = g.reshape(patchPositions(g), config.numPatches(), config.embedDim());
    return withClassToken(g, g.add(visible, g.embedding(table, idsKeep)));
  }

  private List<Value> blocks(GraphBuilder g, Value x) {
    List<Value> outputs = new ArrayList<>();
    Value y = x;
    for (int i = 0; i < config.depth(); i++) {
      y = block(i).apply(g, y);
      outputs.add(y);
    }
    return outputs;
  }

  /**
   * The patch embedding as a linear layer. The checkpoint holds a convolution's weight [D, C, p,
   * p]; it is reordered here to the patches' (row, column, channel).
   */
  private Value embed(GraphBuilder g, Value patches) {
    int p = config.patchSize();
    int d = config.embedDim();
    long in = config.patchDim();
    Value kernel =
        g.parameter(
            new Parameter(
                "patch_embed.proj.weight",
                Shape.of(d, config.channels(), p, p),
                true,
                Parameter.xavierUniform(in, d)));
    // MAE leaves the bias at PyTorch's default for a convolution: uniform in ±1/√fanIn.
    Value bias =
        g.parameter(
            new Parameter(
                "patch_embed.proj.bias",
                Shape.of(d),
                true,
                Parameter.uniform(1 / Math.sqrt((double) in))));
    Value weight = g.reshape(g.transpose(kernel, 0, 2, 3, 1), d, in);
    return g.linear(patches, weight, bias);
  }

  private Value withClassToken(GraphBuilder g, Value patchTokens) {
    int d = config.embedDim();
    Value token =
        g.parameter(
            new Parameter("cls_token", Shape.of(1, 1, d), true, Parameter.normal(TOKEN_DEVIATION)));
    Value placed = g.add(token, g.slice(positions(g), 1, 0, 1));
    return g.concat(1, List.of(g.expandBatch(placed, patchTokens), patchTokens));
  }

  private Value patchPositions(GraphBuilder g) {
    return g.slice(positions(g), 1, 1, 1L + config.numPatches());
  }

  /** Position embeddings [1, 1 + N, D]; row 0 is the class token's. */
  Value positions(GraphBuilder g) {
    Shape shape = Shape.of(1, 1L + config.numPatches(), config.embedDim());
    return g.parameter(
        switch (config.positions()) {
          case SIN_COS -> sinCos("pos_embed", shape, config, config.embedDim());
          case LEARNED ->
              new Parameter("pos_embed", shape, true, Parameter.normal(TOKEN_DEVIATION));
        });
  }

  static Parameter sinCos(String name, Shape shape, VitConfig config, int dim) {
    return new Parameter(
        name,
        shape,
        false,
        (count, random) -> SinCosPositions.table(config.gridHeight(), config.gridWidth(), dim));
  }
}
