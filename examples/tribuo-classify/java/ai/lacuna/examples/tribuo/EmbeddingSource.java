package ai.lacuna.examples.tribuo;

import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.probe.FeatureCache;
import ai.lacuna.probe.FeatureTable;
import ai.lacuna.probe.ProbeProgress;
import ai.lacuna.serving.Pooling;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;
import org.tribuo.DataSource;
import org.tribuo.Example;
import org.tribuo.OutputFactory;
import org.tribuo.classification.Label;
import org.tribuo.classification.LabelFactory;
import org.tribuo.impl.ArrayExample;

/**
 * Labelled images as Tribuo's examples: class token and mean of the patches, of each of the
 * encoder's last four blocks. A feature is named by where it is from, as {@code block5.mean.017}.
 */
public final class EmbeddingSource implements DataSource<Label> {
  private static final int BLOCKS = 4;
  private static final LabelFactory LABELS = new LabelFactory();

  private final FeatureTable features;
  private final String[] featureNames;
  private final List<String> classNames;
  private final EmbeddingProvenance provenance;

  private EmbeddingSource(
      FeatureTable features,
      String[] featureNames,
      List<String> classNames,
      EmbeddingProvenance provenance) {
    this.features = features;
    this.featureNames = featureNames;
    this.classNames = classNames;
    this.provenance = provenance;
  }

  /**
   * Embeds images; afterwards the encoder may be closed.
   *
   * @param encoder the frozen encoder
   * @param data labelled images
   * @return the examples, in the order of the data
   * @throws DataException if an image has no label, or cannot be read
   * @throws IOException if the data cannot be read
   */
  public static EmbeddingSource of(Encoder encoder, ImageDataset data) throws IOException {
    for (int i = 0; i < data.size(); i++) {
      int label = data.label(i);
      if (label < 0 || label >= data.classNames().size()) {
        throw new DataException(
            "%s, sample %d: expected a label, found none; give labelled images"
                .formatted(data.name(), i));
      }
    }
    int depth = encoder.config().depth();
    List<Integer> blocks = IntStream.range(Math.max(0, depth - BLOCKS), depth).boxed().toList();
    FeatureTable features =
        FeatureCache.none()
            .features(encoder, data, blocks, Pooling.CLS_MEAN, ProbeProgress.silent(), data.name());
    List<String> names = new ArrayList<>();
    for (int block : blocks) {
      for (String part : List.of("cls", "mean")) {
        for (int i = 0; i < encoder.embedDim(); i++) {
          names.add(String.format(Locale.ROOT, "block%d.%s.%03d", block, part, i));
        }
      }
    }
    return new EmbeddingSource(
        features,
        names.toArray(String[]::new),
        data.classNames(),
        EmbeddingProvenance.of(encoder, blocks, data, LABELS.getProvenance()));
  }

  /** New examples each time, as Tribuo's data sets write to those they are given. */
  @Override
  public Iterator<Example<Label>> iterator() {
    int[] labels = features.labels();
    return IntStream.range(0, features.rows())
        .<Example<Label>>mapToObj(
            row ->
                new ArrayExample<>(
                    new Label(classNames.get(labels[row])), featureNames, values(row)))
        .iterator();
  }

  private double[] values(int row) {
    int columns = features.columns();
    return IntStream.range(0, columns)
        .mapToDouble(column -> features.values()[row * columns + column])
        .toArray();
  }

  @Override
  public OutputFactory<Label> getOutputFactory() {
    return LABELS;
  }

  @Override
  public EmbeddingProvenance getProvenance() {
    return provenance;
  }
}
