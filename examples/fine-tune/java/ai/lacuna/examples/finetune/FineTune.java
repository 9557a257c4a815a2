package ai.lacuna.examples.finetune;

import ai.djl.Device;
import ai.lacuna.data.DataException;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.export.ExportException;
import ai.lacuna.finetune.FineTuned;
import ai.lacuna.finetune.FineTuner;
import ai.lacuna.finetune.LabelledImages;
import ai.lacuna.finetune.RateRule;
import ai.lacuna.finetune.UnfreezePlan;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.ProbeResult;
import ai.lacuna.serving.ImageException;
import ai.lacuna.serving.Pixels;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Probes, fine-tunes and exports: {@code FineTune DATA RUN BUNDLE [PLAN]}. */
public final class FineTune {
  private static final String PLAN = "head@2, last2@2, all@6";
  private static final int PARITY_IMAGES = 32;

  private FineTune() {}

  /** Prints accuracies of the test images, and leaves the run and the bundle. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  /** Exit code 2 says, with a line, that the arguments or the data are not of use. */
  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length < 3 || args.length > 4) {
      err.println("usage: FineTune DATA RUN BUNDLE [PLAN]");
      return 2;
    }
    try {
      UnfreezePlan plan = UnfreezePlan.parse(args.length > 3 ? args[3] : PLAN);
      LabelledData data = LabelledData.open(args[0]);
      run(data.train(), data.test(), Path.of(args[1]), Path.of(args[2]), plan, out);
      return 0;
    } catch (DataException
        | ImageException
        | ZooException
        | ExportException
        | IllegalArgumentException // a plan, or settings that do not suit the data
        | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  static void run(
      ImageDataset train,
      ImageDataset test,
      Path run,
      Path bundle,
      UnfreezePlan plan,
      PrintStream out)
      throws IOException {
    try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist", Device.cpu())) {
      ProbeResult probe = LinearProbe.builder(encoder).train(train).test(test).build().run();
      out.printf(Locale.ROOT, "linear probe: %.1f %%%n", 100 * probe.test().top1());

      FineTuner tuner =
          FineTuner.builder(encoder, train)
              .validationShare(0.1)
              .plan(plan)
              .rates(new RateRule.LayerDecay(0.75))
              .learningRate(4e-3)
              .batchSize(64)
              .run(run)
              .build();
      try (FineTuned model = tuner.run().open(Device.cpu())) {
        out.printf(
            Locale.ROOT,
            "fine-tuned: %.1f %%%n",
            100 * model.evaluate(LabelledImages.of(test)).figure("top1"));
        model.export(bundle, first(test));
      }
      out.printf("bundle: %s%n", bundle);
    }
  }

  /** Real images, on which the exported runtimes have to agree. */
  private static List<Pixels> first(ImageDataset images) throws IOException {
    List<Pixels> some = new ArrayList<>();
    for (int i = 0; i < Math.min(PARITY_IMAGES, images.size()); i++) {
      some.add(images.get(i).pixels());
    }
    return some;
  }
}
