package ai.lacuna.foreign;

import ai.lacuna.graph.Parameter;
import ai.lacuna.graph.Program;
import ai.lacuna.serving.Interpolation;
import ai.lacuna.serving.Preprocessing;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.DecoderConfig;
import ai.lacuna.vit.HeadConfig;
import ai.lacuna.vit.ImageClassifier;
import ai.lacuna.vit.MaskedAutoencoder;
import ai.lacuna.vit.Normalization;
import ai.lacuna.vit.Objective;
import ai.lacuna.vit.PositionEmbeddings;
import ai.lacuna.vit.VisionTransformer;
import ai.lacuna.vit.VitConfig;
import ai.lacuna.weights.NamedTensors;
import ai.lacuna.weights.WeightsCheck;
import ai.lacuna.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Reads a foreign file. Unless set: layout and architecture are recognised, images keep their size
 * and channels, a head is kept, a decoder is kept and not required. A {@code
 * preprocessor_config.json} beside weights of Hugging Face, or a {@code config.json} with a {@code
 * pretrained_cfg} beside those of timm, says what is done to images, unless it is set; a {@code
 * config.json} beside weights of Hugging Face says how many attention heads there are.
 *
 * <pre>{@code
 * ForeignNetwork network =
 *     ForeignWeights.of(Path.of("vit_base.safetensors")).imageSize(384, 384).dropHead().read();
 * }</pre>
 */
public final class ForeignWeights {
  private static final int COLOURS = 3;

  /** MAE's and timm's evaluation: a side of 256 is cropped to 224. */
  private static final double CROP = 224 / 256.0;

  private final Path file;
  private final String where;
  private Optional<Layout> layout = Optional.empty();
  private Optional<VitConfig> architecture = Optional.empty();
  private Optional<Normalization> statistics = Optional.empty();
  private int heads;
  private int decoderHeads;
  private int gridHeight;
  private int gridWidth;
  private int imageHeight;
  private int imageWidth;
  private int channels;
  private double epsilon;
  private double crop;
  private boolean settings;
  private boolean withoutHead;
  private boolean withoutDecoder;
  private boolean decoderNeeded;

  private ForeignWeights(Path file) {
    this.file = file;
    this.where = file.toString();
  }

  /**
   * Prepares to read a file; nothing is read yet.
   *
   * @param file of {@code torch.save} or safetensors
   */
  public static ForeignWeights of(Path file) {
    return new ForeignWeights(file);
  }

  /** Says whose names the file has. */
  public ForeignWeights layout(Layout value) {
    layout = Optional.of(value);
    return this;
  }

  /** Says what the encoder must be; its image size, channels and heads are those of the file. */
  public ForeignWeights architecture(VitConfig value) {
    architecture = Optional.of(value);
    return this;
  }

  /** Sets the encoder's attention heads, which shapes don't tell. */
  public ForeignWeights heads(int value) {
    heads = value;
    return this;
  }

  /** Sets the decoder's attention heads, which shapes don't tell. */
  public ForeignWeights decoderHeads(int value) {
    decoderHeads = value;
    return this;
  }

  /** Says how many patches the file's positions are for, when the grid is not square. */
  public ForeignWeights grid(int height, int width) {
    gridHeight = height;
    gridWidth = width;
    return this;
  }

  /** Resamples position embeddings to another image size, in pixels. */
  public ForeignWeights imageSize(int height, int width) {
    imageHeight = height;
    imageWidth = width;
    return this;
  }

  /** Converts the patch embedding to images of another number of channels. */
  public ForeignWeights channels(int value) {
    channels = value;
    return this;
  }

  /**
   * Sets what is added to the variance in every LayerNorm, where it is not what Hugging Face's
   * {@code config.json} says, or the layout's.
   */
  public ForeignWeights layerNormEpsilon(double value) {
    epsilon = value;
    return this;
  }

  /**
   * Sets the channels' statistics; the default is what the file beside the weights says, else
   * ImageNet's for three channels.
   */
  public ForeignWeights normalization(Normalization value) {
    statistics = Optional.of(value);
    return this;
  }

  /** Sets the part of a resized image that the centre crop keeps, in (0, 1]; nothing squeezes. */
  public ForeignWeights cropFraction(double value) {
    crop = value;
    return this;
  }

  /** Passes over a training's settings, {@code argparse.Namespace}; they are not looked at. */
  public ForeignWeights allowNamespace() {
    settings = true;
    return this;
  }

  /** Leaves a head out. */
  public ForeignWeights dropHead() {
    withoutHead = true;
    return this;
  }

  /** Leaves a decoder out. */
  public ForeignWeights dropDecoder() {
    withoutDecoder = true;
    return this;
  }

  /** Refuses a file that holds an encoder alone. */
  public ForeignWeights requireDecoder() {
    decoderNeeded = true;
    return this;
  }

  /**
   * Reads the file.
   *
   * @return the network, whole and finite
   * @throws WeightsException if the file is none of weights, is damaged, holds another architecture
   *     or NaN, or lacks what was asked for
   * @throws IllegalArgumentException if the settings do not fit the network
   * @throws IOException if it can't be read
   */
  public ForeignNetwork read() throws IOException {
    List<String> notes = new ArrayList<>();
    ForeignFile content = ForeignFile.read(file, settings);
    if (!content.unwrapped().isEmpty()) {
      notes.add("unwrapped " + String.join(", ", content.unwrapped()));
    }
    Layout guess = layout.orElseGet(() -> content.layout(where));
    UnsupportedParts.refuse(content.tensors(), where);
    Renamed renamed = parts(Renamed.of(guess, content.tensors()), notes);
    NamedTensors floats = PositionRows.complete(renamed.known(), gridHeight, gridWidth, notes);
    floats = Float32.of(floats, notes, where);

    Architecture shapes = new Architecture(floats, where);
    HubConfig told = told(guess, notes);
    VitConfig vit = encoder(shapes, told.heads()).withEpsilon(told.epsilon());
    Optional<DecoderConfig> decoder =
        renamed.hasDecoder() ? Optional.of(shapes.decoder(told.decoderHeads())) : Optional.empty();
    Optional<HeadConfig> head = shapes.head();
    requireFit(vit, decoder, head, floats, renamed.unknown());
    vit = shapes.withPositions(vit);
    assumptions(vit, decoder, told, notes);

    Layout found =
        layout.isEmpty() && guess == Layout.TIMM && isOfMae(vit, renamed, content)
            ? Layout.MAE
            : guess;
    Optional<ProcessorFile> processor = ProcessorFile.beside(file, guess);
    return fitted(found, vit, decoder, head, floats, processor, notes);
  }

  /** Takes head and decoder off when asked to, and refuses a head of another kind. */
  private Renamed parts(Renamed renamed, List<String> notes) {
    NamedTensors known = renamed.known();
    if (!renamed.unused().isEmpty()) {
      notes.add("dropped what the network does not read: " + String.join(", ", renamed.unused()));
    }
    boolean twoNorms = renamed.has("norm.weight") && renamed.has("fc_norm.weight");
    List<String> other = new ArrayList<>(renamed.otherHead());
    if (twoNorms) {
      other.addAll(known.only(name -> name.startsWith("fc_norm.")).names());
    }
    if (!withoutHead && !other.isEmpty()) {
      throw new WeightsException(
          "%s: expected no head, or a linear one on class token or mean, found %s; drop the head"
                  .formatted(where, String.join(", ", other))
              + " (--drop-head)");
    }
    if (withoutHead) {
      List<String> head = new ArrayList<>(known.only(n -> n.startsWith("head.")).names());
      head.addAll(other);
      if (!head.isEmpty()) {
        notes.add("dropped the head: " + String.join(", ", head));
      }
      known = known.only(n -> !n.startsWith("head.") && !(twoNorms && n.startsWith("fc_norm.")));
    }
    if (withoutDecoder && renamed.hasDecoder()) {
      notes.add("dropped the decoder");
      known = known.only(name -> !Renamed.isDecoder(name));
    }
    if (known.find("head.weight").isEmpty() && known.find("fc_norm.weight").isPresent()) {
      notes.add(
          "fc_norm, the norm of the mean of patch tokens, is the final norm of every token now:"
              + " the mean of normed tokens is another feature than the network's own");
      known = EncoderTensors.withNorm(known);
    }
    return renamed.with(known);
  }

  /**
   * What was set, else what the file beside the weights says, else the layout's epsilon; 0 heads
   * where neither says.
   */
  private HubConfig told(Layout found, List<String> notes) throws IOException {
    HubConfig said = HubConfig.beside(file, found);
    List<String> read = new ArrayList<>();
    if (heads == 0 && said.heads() > 0) {
      read.add(Counted.of(said.heads(), "attention head"));
    }
    if (epsilon == 0 && said.epsilon() > 0) {
      read.add("LayerNorm epsilon " + said.epsilon());
    }
    if (!read.isEmpty()) {
      notes.add(
          "read %s beside the weights: %s".formatted(HubConfig.FILE, String.join(", ", read)));
    }
    double usual = said.epsilon() > 0 ? said.epsilon() : found.layerNormEpsilon();
    return new HubConfig(
        heads > 0 ? heads : said.heads(),
        decoderHeads > 0 ? decoderHeads : said.decoderHeads(),
        epsilon > 0 ? epsilon : usual);
  }

  private VitConfig encoder(Architecture shapes, int count) {
    if (architecture.isEmpty()) {
      return shapes.encoder(gridHeight, gridWidth, count);
    }
    VitConfig given = architecture.get().with(VitConfig.Positions.LEARNED);
    return count > 0 ? given.withHeads(count) : given;
  }

  private void requireFit(
      VitConfig vit,
      Optional<DecoderConfig> decoder,
      Optional<HeadConfig> head,
      NamedTensors floats,
      NamedTensors unknown) {
    Normalization any = flat(vit.channels());
    VisionTransformer encoder = new VisionTransformer(vit, any);
    Map<String, List<Long>> expected =
        shapes(
            head.map(h -> new ImageClassifier(encoder, h).program()).orElseGet(encoder::program));
    if (decoder.isPresent() || decoderNeeded) {
      DecoderConfig shape = decoder.orElse(DecoderConfig.paper());
      Program whole = new MaskedAutoencoder(encoder, shape, 1, Objective.paper()).program();
      shapes(whole).forEach(expected::putIfAbsent);
    }
    NamedTensors.Builder all = NamedTensors.builder();
    floats.forEach(entry -> all.add(entry.name(), entry.tensor()));
    unknown.forEach(entry -> all.add(entry.name(), entry.tensor()));
    WeightsCheck.of(expected, all.build()).requireFit(where);
  }

  private static Map<String, List<Long>> shapes(Program program) {
    Map<String, List<Long>> shapes = new LinkedHashMap<>();
    for (Parameter parameter : program.parameters()) {
      shapes.put(parameter.name(), parameter.shape().dims());
    }
    return shapes;
  }

  private static Normalization flat(int channels) {
    return new Normalization(
        Collections.nCopies(channels, 0.0), Collections.nCopies(channels, 1.0));
  }

  private void assumptions(
      VitConfig vit, Optional<DecoderConfig> decoder, HubConfig told, List<String> notes) {
    if (told.heads() == 0 && architecture.isEmpty()) {
      notes.add(
          "assumed %s of width %s, the usual for this width (--heads)"
              .formatted(Counted.of(vit.numHeads(), "attention head"), vit.headDim()));
    }
    if (told.decoderHeads() == 0) {
      decoder.ifPresent(
          d ->
              notes.add(
                  "assumed %s of the decoder (--decoder-heads)"
                      .formatted(Counted.of(d.numHeads(), "attention head"))));
    }
  }

  /** MAE and timm have the same names: decoder, fixed positions and its wrapper tell MAE. */
  private static boolean isOfMae(VitConfig vit, Renamed renamed, ForeignFile content) {
    return renamed.hasDecoder()
        || vit.positions() == VitConfig.Positions.SIN_COS
        || (content.tensors().find("fc_norm.weight").isPresent()
            && content.unwrapped().contains("model"));
  }

  private ForeignNetwork fitted(
      Layout found,
      VitConfig own,
      Optional<DecoderConfig> decoder,
      Optional<HeadConfig> head,
      NamedTensors tensors,
      Optional<ProcessorFile> processor,
      List<String> notes) {
    NamedTensors weights = tensors;
    VitConfig vit = own;
    Optional<ProcessorFile.Geometry> geometry = processor.flatMap(ProcessorFile::geometry);
    processor.ifPresent(p -> notes.add(readFrom(p)));
    Normalization normalization = ownStatistics(own.channels(), processor, notes);
    if (channels > 0 && channels != own.channels()) {
      if (decoder.isPresent()) {
        throw new WeightsException(
            "%s: expected an encoder alone to convert to %s channels, found a decoder, which"
                    .formatted(where, channels)
                + " predicts pixels of %s; drop it (--drop-decoder)".formatted(own.channels()));
      }
      ChannelConversion conversion = new ChannelConversion(own.channels(), channels);
      notes.add(conversion.toString());
      weights = conversion.apply(weights);
      vit = vit.withImage(vit.imageHeight(), vit.imageWidth(), channels);
      if (normalization.mean().size() != channels) {
        normalization = conversion.apply(normalization);
      }
    }
    VitConfig sized =
        imageHeight > 0
            ? vit.withImage(imageHeight, imageWidth, vit.channels())
            : ofSize(vit, geometry);
    if (!sized.equals(vit)) {
      notes.add(
          "positions from %s x %s to %s x %s patches: %s"
              .formatted(
                  vit.gridHeight(),
                  vit.gridWidth(),
                  sized.gridHeight(),
                  sized.gridWidth(),
                  vit.positions() == VitConfig.Positions.SIN_COS
                      ? "the fixed table of the new grid"
                      : "bicubic without antialiasing, as MAE"));
      weights = PositionEmbeddings.resample(weights, vit, sized);
    }
    Preprocessing preprocessing =
        new Preprocessing(
            sized.imageHeight(),
            sized.imageWidth(),
            sized.channels(),
            normalization.mean(),
            normalization.std(),
            processor.flatMap(ProcessorFile::interpolation).orElse(Interpolation.BICUBIC),
            crop > 0
                ? crop
                : geometry
                    .map(ProcessorFile.Geometry::cropFraction)
                    .orElse(found == Layout.HF ? 1 : CROP),
            crop > 0
                ? Preprocessing.Fit.CROP
                : geometry.map(ProcessorFile.Geometry::fit).orElse(Preprocessing.Fit.CROP));
    NamedTensors all = weights.only(name -> !Renamed.isDecoder(name));
    NamedTensors encoder = all.only(name -> !name.startsWith("head."));
    return new ForeignNetwork(
        file,
        found,
        sized,
        preprocessing,
        EncoderTensors.withNorm(encoder),
        decoder.map(d -> new ForeignNetwork.Decoder(d, tensorsOfDecoder(sized, own, tensors))),
        head.map(h -> new ForeignNetwork.Head(h, all)),
        notes);
  }

  private static NamedTensors tensorsOfDecoder(VitConfig sized, VitConfig own, NamedTensors all) {
    VitConfig target = own.withImage(sized.imageHeight(), sized.imageWidth(), own.channels());
    return PositionEmbeddings.resample(all, own, target).only(Renamed::isDecoder);
  }

  /** The network for images of the size that its processor makes. */
  private static VitConfig ofSize(VitConfig vit, Optional<ProcessorFile.Geometry> geometry) {
    return geometry.map(g -> vit.withImage(g.height(), g.width(), vit.channels())).orElse(vit);
  }

  /** What of a processor's file counts: what the caller has set does not come from it. */
  private String readFrom(ProcessorFile processor) {
    List<String> read = new ArrayList<>();
    if (processor.normalization().isPresent() && statistics.isEmpty()) {
      read.add("mean and std");
    }
    processor.interpolation().ifPresent(kernel -> read.add("interpolation"));
    if (processor.geometry().isPresent()) {
      if (imageHeight == 0) {
        read.add("size");
      }
      if (crop == 0) {
        read.add("crop");
      }
    }
    boolean other =
        crop == 0 && processor.geometry().filter(geometry -> !geometry.exact()).isPresent();
    return "read "
        + processor.name()
        + " beside the weights: "
        + (read.isEmpty() ? "nothing that counts" : String.join(", ", read))
        + (other
            ? "; there images are squeezed before the middle is taken, here they keep their aspect"
            : "");
  }

  private Normalization ownStatistics(
      int own, Optional<ProcessorFile> processor, List<String> notes) {
    int wanted = channels > 0 ? channels : own;
    if (statistics.isPresent()) {
      int given = statistics.get().mean().size();
      if (given != own && given != wanted) {
        throw new IllegalArgumentException(
            "normalization: expected mean and std of %s channels, found %s (--mean, --std)"
                .formatted(wanted, given));
      }
      return statistics.get();
    }
    Optional<Normalization> read = processor.flatMap(ProcessorFile::normalization);
    if (read.isPresent()) {
      if (read.get().mean().size() != own) {
        throw new WeightsException(
            "%s: expected the mean of %s channels beside it in %s, found that of %s; give --mean"
                    .formatted(where, own, processor.get().name(), read.get().mean().size())
                + " and --std");
      }
      return read.get();
    }
    if (own != COLOURS) {
      throw new IllegalArgumentException(
          "%s: expected the mean and std of its %s channels, found none; give them (--mean, --std)"
              .formatted(where, own));
    }
    notes.add("assumed ImageNet's mean and std of channels (--mean, --std)");
    return Normalization.imageNet();
  }
}
