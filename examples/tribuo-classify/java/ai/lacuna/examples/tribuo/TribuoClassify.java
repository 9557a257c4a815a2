package ai.lacuna.examples.tribuo;

import ai.lacuna.data.DataException;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Labelling;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooException;
import com.oracle.labs.mlrg.olcut.provenance.ProvenanceUtil;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.tribuo.Example;
import org.tribuo.Model;
import org.tribuo.MutableDataset;
import org.tribuo.Trainer;
import org.tribuo.classification.Label;
import org.tribuo.classification.evaluation.LabelEvaluation;
import org.tribuo.classification.evaluation.LabelEvaluator;
import org.tribuo.classification.sgd.linear.LinearSGDTrainer;
import org.tribuo.classification.sgd.objectives.LogMulticlass;
import org.tribuo.evaluation.TrainTestSplitter;
import org.tribuo.math.optimisers.AdaGrad;
import org.tribuo.transform.TransformTrainer;
import org.tribuo.transform.TransformationMap;
import org.tribuo.transform.transformations.MeanStdDevTransformation;

/** Trains Tribuo's logistic regression on embeddings: {@code TribuoClassify DATA [MODEL]}. */
public final class TribuoClassify {
  private static final String ENCODER = "vit_micro_patch4_28.mae_fashion_mnist";
  private static final List<Double> LEARNING_RATES = List.of(0.001, 0.003, 0.01, 0.03, 0.1);
  private static final double TRAINED_ON = 0.9;
  private static final int EPOCHS = 20;
  private static final int NO_LOG = -1;

  private TribuoClassify() {}

  /** Prints Tribuo's evaluation of the test images; exit code 2 says that it could not. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length < 1 || args.length > 2) {
      err.println("usage: TribuoClassify DATA [MODEL]");
      return 2;
    }
    try {
      if (args.length == 2) {
        requirePlace(Path.of(args[1]));
      }
      Model<Label> model = train(LabelledData.openOrSplit(args[0], Labelling.classes()), out);
      if (args.length == 2) {
        model.serializeToFile(Path.of(args[1]));
      }
      return 0;
    } catch (DataException | ZooException | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  /** Before the training, which would be in vain. */
  private static void requirePlace(Path model) throws IOException {
    if (Files.isDirectory(model)) {
      throw new IOException(model + ": expected the name of a file, found a folder");
    }
    Path folder = model.toAbsolutePath().getParent();
    if (folder != null) {
      Files.createDirectories(folder);
    }
  }

  /** Trains on one part of the data, and prints the evaluation on the other. */
  static Model<Label> train(LabelledData data, PrintStream out) throws IOException {
    EmbeddingSource train;
    EmbeddingSource test;
    try (Encoder encoder = Zoo.load(ENCODER)) {
      train = EmbeddingSource.of(encoder, data.train());
      test = EmbeddingSource.of(encoder, data.test());
    }
    MutableDataset<Label> examples = new MutableDataset<>(train);
    requireEveryClass(examples, data.train().classNames(), data.train().name());
    double rate = chooseRate(train);
    out.println("learning rate " + rate + ", chosen on a tenth of the training images");
    Model<Label> model = trainer(rate).train(examples);
    LabelEvaluation evaluation = new LabelEvaluator().evaluate(model, test);
    evaluation
        .getConfusionMatrix()
        .setLabelOrder(data.train().classNames().stream().map(Label::new).toList());
    out.println(ProvenanceUtil.formattedProvenanceString(train.getProvenance()));
    out.println(evaluation);
    return model;
  }

  /** The rate that knows most of the training images which are not trained on for that. */
  private static double chooseRate(EmbeddingSource train) {
    TrainTestSplitter<Label> parts =
        new TrainTestSplitter<>(train, TRAINED_ON, Trainer.DEFAULT_SEED);
    MutableDataset<Label> kept = new MutableDataset<>(parts.getTrain());
    double best = LEARNING_RATES.get(0);
    int most = -1;
    for (double rate : LEARNING_RATES) {
      Model<Label> model = trainer(rate).train(kept);
      int right = 0;
      for (Example<Label> example : parts.getTest()) {
        right += model.predict(example).getOutput().equals(example.getOutput()) ? 1 : 0;
      }
      if (right > most) {
        best = rate;
        most = right;
      }
    }
    return best;
  }

  /** Logistic regression on features of mean 0 and deviation 1. */
  private static Trainer<Label> trainer(double learningRate) {
    return new TransformTrainer<>(
        new LinearSGDTrainer(
            new LogMulticlass(),
            new AdaGrad(learningRate),
            EPOCHS,
            NO_LOG,
            1,
            Trainer.DEFAULT_SEED),
        new TransformationMap(List.of(new MeanStdDevTransformation())));
  }

  /** Tribuo knows only classes that it has seen, and could not judge images of others. */
  private static void requireEveryClass(
      MutableDataset<Label> examples, List<String> classNames, String name) {
    List<String> missing =
        classNames.stream()
            .filter(each -> !examples.getOutputs().contains(new Label(each)))
            .toList();
    if (!missing.isEmpty()) {
      throw new DataException(
          "%s: expected images of every class, found none of %s; add some or drop these classes"
              .formatted(name, missing));
    }
  }
}
