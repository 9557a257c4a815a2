package ai.lacuna.data;

import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Fashion-MNIST: 60,000 training and 10,000 test images of clothing, 28 × 28 grey, ten classes.
 *
 * <p>Xiao, Rasul and Vollgraf, arXiv 1708.07747; MIT licence; Zalando SE.
 */
public final class FashionMnist {
  /** What users type for the whole data set. */
  public static final String NAME = "fashion-mnist";

  /** What users type for the bundled sample. */
  public static final String SAMPLE_NAME = "fashion-mnist-sample";

  /** The classes, in the order of their labels. */
  public static final List<String> CLASS_NAMES =
      List.of(
          "T-shirt/top",
          "Trouser",
          "Pullover",
          "Dress",
          "Coat",
          "Sandal",
          "Shirt",
          "Sneaker",
          "Bag",
          "Ankle boot");

  /** SHA-256 of the four uncompressed files, in the order of {@link IdxFiles#NAMES}. */
  static final List<String> DIGESTS =
      List.of(
          "c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
          "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
          "5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
          "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34");

  /** SHA-256 of the elements of the four files, without their headers. */
  private static final List<String> ELEMENTS =
      List.of(
          "2e487a6c89124f78f2d7521542223cafe96f7123c3ca13d447772ac6ecbb3012",
          "657fbd221bfc9f4198cc14b5619cc33ec57c58dd0e47af4d99d6650759e869a7",
          "c867c93ff95360594e8ec3287995350b824dd110b11595c0e13d5423f621867a",
          "3d0e6c6ea990b53b6f8f500a41cac93881d981b315f84578b7d915342ade01e9");

  private static final List<URI> MIRRORS =
      List.of(
          URI.create(
              "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"),
          URI.create("http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/"));

  private static final Path DEBIAN = Path.of("/usr/share/datasets/fashion-mnist");

  private FashionMnist() {}

  /**
   * Finds the data set on this machine, or fetches it.
   *
   * <p>Looks in {@code $LACUNA_DATA} and its folder {@code fashion-mnist}, in the place of Debian's
   * package {@code dataset-fashion-mnist}, and in the cache ({@code $LACUNA_CACHE}, else {@code
   * ~/.cache/lacuna}); else downloads 30 MB into the cache and checks their SHA-256.
   *
   * @return the whole data set
   * @throws DataException if what was found is another data set, or the download fails
   * @throws IOException if a file cannot be read
   */
  public static LabelledData open() throws IOException {
    Path cache = cache(System.getenv(), Path.of(System.getProperty("user.home")));
    for (Path folder : places(System.getenv(), cache)) {
      if (IdxFiles.in(folder).isPresent()) {
        return open(folder);
      }
    }
    for (int i = 0; i < DIGESTS.size(); i++) {
      new Download(MIRRORS, IdxFiles.NAMES.get(i) + ".gz", DIGESTS.get(i)).into(cache);
    }
    return open(cache);
  }

  /**
   * Opens the data set in a folder.
   *
   * @param folder holds the four IDX files, plain or gzipped
   * @return the whole data set
   * @throws DataException if a file is missing or damaged, or is that of another data set
   * @throws IOException if a file cannot be read
   */
  public static LabelledData open(Path folder) throws IOException {
    Optional<IdxFiles> files = IdxFiles.in(folder);
    if (files.isEmpty()) {
      throw new DataException(
          "%s: expected the four IDX files %s, plain or .gz, found not all; check the folder"
              .formatted(folder, IdxFiles.NAMES));
    }
    LabelledData data = files.get().open(NAME, CLASS_NAMES);
    if (data.train() instanceof IdxDataset train
        && data.test() instanceof IdxDataset test
        && !(ELEMENTS.subList(0, 2).equals(train.digests())
            && ELEMENTS.subList(2, 4).equals(test.digests()))) {
      throw new DataException(
          ("%s: expected Fashion-MNIST, found other images in files of the same names (MNIST uses"
                  + " them too); give the folder itself as the data")
              .formatted(folder));
    }
    return data;
  }

  /**
   * Opens the bundled sample: 400 training and 100 test images of each class.
   *
   * @return 4,000 and 1,000 images, drawn from the training and the test set
   * @throws IOException if the jar cannot be read
   */
  public static LabelledData sample() throws IOException {
    return new LabelledData(sample("train", 0), sample("test", 2));
  }

  private static IdxDataset sample(String part, int first) throws IOException {
    String images = SAMPLE_NAME + "/" + IdxFiles.NAMES.get(first) + ".gz";
    String labels = SAMPLE_NAME + "/" + IdxFiles.NAMES.get(first + 1) + ".gz";
    return IdxDataset.read(
        SAMPLE_NAME + "/" + part, resource(images), images, resource(labels), labels, CLASS_NAMES);
  }

  private static InputStream resource(String name) {
    InputStream in = FashionMnist.class.getResourceAsStream(name);
    if (in == null) {
      throw new DataException(name + ": expected in the jar, found none; build Lacuna again");
    }
    return in;
  }

  static List<Path> places(Map<String, String> environment, Path cache) {
    List<Path> places = new ArrayList<>();
    String data = environment.getOrDefault("LACUNA_DATA", "");
    if (!data.isBlank()) {
      places.add(Path.of(data));
      places.add(Path.of(data, NAME));
    }
    places.add(DEBIAN);
    places.add(cache);
    return places;
  }

  static Path cache(Map<String, String> environment, Path home) {
    String given = environment.getOrDefault("LACUNA_CACHE", "");
    Path root = given.isBlank() ? home.resolve(".cache").resolve("lacuna") : Path.of(given);
    return root.resolve("data").resolve(NAME);
  }
}
