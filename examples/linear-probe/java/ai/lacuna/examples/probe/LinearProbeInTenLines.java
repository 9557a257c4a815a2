package ai.lacuna.examples.probe;

import ai.lacuna.data.LabelledData;
import ai.lacuna.encoder.Encoder;
import ai.lacuna.probe.LinearProbe;
import ai.lacuna.probe.ProbeResult;
import ai.lacuna.zoo.Zoo;
import java.io.IOException;
import java.nio.file.Path;

/** A classifier on frozen features: {@code LinearProbeInTenLines DATA HEAD.safetensors}. */
public final class LinearProbeInTenLines {
  private LinearProbeInTenLines() {}

  /** Prints the accuracy of the test images, and leaves the head. */
  public static void main(String[] args) throws IOException {
    if (args.length != 2) {
      System.err.println("usage: LinearProbeInTenLines DATA HEAD.safetensors");
      System.exit(2);
    }
    run(LabelledData.open(args[0]), Path.of(args[1]));
  }

  static double run(LabelledData data, Path head) throws IOException {
    try (Encoder encoder = Zoo.load("vit_micro_patch4_28.mae_fashion_mnist")) {
      ProbeResult result =
          LinearProbe.builder(encoder).train(data.train()).test(data.test()).build().run();
      System.out.printf("top-1: %.1f %%%n", 100 * result.test().top1());
      result.head().save(head);
      return result.test().top1();
    }
  }
}
