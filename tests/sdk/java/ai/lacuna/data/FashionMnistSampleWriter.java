package ai.lacuna.data;

import java.io.DataOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.Deflater;
import java.util.zip.GZIPOutputStream;

/**
 * Makes the bundled sample of Fashion-MNIST from the whole data set.
 *
 * <p>Run with one argument, the folder to write: {@code
 * src/sdk/resources/ai/lacuna/data/fashion-mnist-sample}.
 */
final class FashionMnistSampleWriter {
  private static final long SEED = 0;
  private static final int TRAIN_PER_CLASS = 400;
  private static final int TEST_PER_CLASS = 100;

  private FashionMnistSampleWriter() {}

  public static void main(String[] arguments) throws IOException {
    Path folder = Path.of(arguments[0]);
    LabelledData whole = FashionMnist.open();
    write(Splits.balanced(whole.train(), TRAIN_PER_CLASS, SEED), folder, 0);
    write(Splits.balanced(whole.test(), TEST_PER_CLASS, SEED), folder, 2);
  }

  private static void write(ImageDataset data, Path folder, int first) throws IOException {
    try (DataOutputStream images = gzip(folder.resolve(IdxFiles.NAMES.get(first) + ".gz"));
        DataOutputStream labels = gzip(folder.resolve(IdxFiles.NAMES.get(first + 1) + ".gz"))) {
      images.writeInt(0x0803);
      images.writeInt(data.size());
      images.writeInt(28);
      images.writeInt(28);
      labels.writeInt(0x0801);
      labels.writeInt(data.size());
      for (int i = 0; i < data.size(); i++) {
        images.write(data.get(i).pixels().data());
        labels.write(data.label(i));
      }
    }
  }

  private static DataOutputStream gzip(Path file) throws IOException {
    OutputStream out = Files.newOutputStream(file);
    return new DataOutputStream(
        new GZIPOutputStream(out, 1 << 16) {
          {
            def.setLevel(Deflater.BEST_COMPRESSION);
          }
        });
  }
}
