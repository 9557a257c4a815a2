package ai.lacuna.examples.probe;

import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Subset;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LinearProbeInTenLinesTest {
  @Test
  void classifiesMostOfTheTestImagesAndLeavesTheHead(@TempDir Path folder) throws IOException {
    LabelledData data = FashionMnist.sample();
    Path head = folder.resolve("head.safetensors");
    LabelledData few =
        new LabelledData(
            Subset.of(data.train(), IntStream.range(0, 400).toArray(), "400"),
            Subset.of(data.test(), IntStream.range(0, 200).toArray(), "200"));
    double top1 = LinearProbeInTenLines.run(few, head);
    assertTrue(top1 > 0.7, "top-1 " + top1);
    assertTrue(Files.size(head) > 0);
  }
}
