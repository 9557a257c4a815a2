package ai.lacuna.examples.probe;

import ai.lacuna.data.DataException;
import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.ProbeException;
import ai.lacuna.probe.ProbeResult;
import ai.lacuna.serving.ImageException;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooException;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;

/** A classifier on frozen features: {@code LinearProbeInTenLines DATA HEAD.safetensors}. */
public final class LinearProbeInTenLines {
  private LinearProbeInTenLines() {}

  /** Prints the accuracy of the test images, and leaves the head. */
  public static void main(String[] args) {
    System.exit(run(args, System.out, System.err));
  }

  /** Exit code 2 says, with a line, that the arguments or the data are not of use. */
  static int run(String[] args, PrintStream out, PrintStream err) {
    if (args.length != 2) {
      err.println("usage: LinearProbeInTenLines DATA HEAD.safetensors");
      return 2;
    }
    try {
      run(LabelledData.open(args[0]), Path.of(args[1]), out);
      return 0;
    } catch (DataException | ImageException | ProbeException | ZooException | IOException e) {
      err.println(e.getMessage());
      return 2;
    }
  }

  static double run(LabelledData data, Path head, PrintStream out) throws IOException {
    try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
      ProbeResult result =
          LinearProbe.builder(encoder).train(data.train()).test(data.test()).build().run();
      out.printf(Locale.ROOT, "top-1: %.1f %%%n", 100 * result.test().top1());
      result.head().save(head);
      return result.test().top1();
    }
  }
}
