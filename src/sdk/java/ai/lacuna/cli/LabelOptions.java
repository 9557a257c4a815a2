package ai.lacuna.cli;

import ai.lacuna.data.ImageDataset;
import ai.lacuna.data.ImageFolder;
import ai.lacuna.data.LabelledData;
import ai.lacuna.data.Labelling;
import ai.lacuna.data.Subset;
import ai.lacuna.finetune.CsvImages;
import ai.lacuna.finetune.JsonLinesImages;
import ai.lacuna.finetune.LabelledImages;
import ai.lacuna.finetune.ShardImages;
import ai.lacuna.finetune.Targets;
import ai.lacuna.text.Counted;
import ai.lacuna.vit.HeadConfig.Target;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.commons.cli.Options;

/** The options that say where labels are: in the data itself, in tables, or in shards' JSON. */
final class LabelOptions {
  static final String TARGET = "target";
  private static final String CSV = "csv";
  private static final String TEST_CSV = "test-csv";
  private static final String LINES = "labels";
  private static final String TEST_LINES = "test-labels";
  private static final String KEY = "label-key";

  private LabelOptions() {}

  static void addTo(Options options) {
    options
        .addOption(Arguments.value(CSV, "TABLE", "labels of training images in the folder DATA"))
        .addOption(Arguments.value(TEST_CSV, "TABLE", "labels of test images there"))
        .addOption(Arguments.value(LINES, "TABLE", "as --csv, in JSON lines"))
        .addOption(Arguments.value(TEST_LINES, "TABLE", "as --test-csv, in JSON lines"))
        .addOption(
            Arguments.value(
                KEY, "FIELD", "of JSON lines, or of .json members of shards (label or cls)"));
  }

  /**
   * Opens the training images, and says so if test images had to be taken from them, or if classes
   * of a table look like several labels each.
   *
   * @throws UsageException if the options do not go together
   */
  static LabelledImages train(Arguments arguments, String source, Terminal terminal)
      throws IOException {
    return train(arguments, source, terminal, arguments.has("test"));
  }

  private static LabelledImages train(
      Arguments arguments, String source, Terminal terminal, boolean tested) throws IOException {
    requireSense(arguments);
    requireTestTable(arguments, tested);
    Target target = target(arguments);
    Optional<Path> csv = table(arguments, CSV);
    if (csv.isPresent()) {
      LabelledImages images = CsvImages.read(csv.get(), folder(arguments, source), target);
      severalLabels(csv.get(), images.targets()).ifPresent(hint -> terminal.out().println(hint));
      return images;
    }
    Optional<Path> lines = table(arguments, LINES);
    if (lines.isPresent()) {
      return JsonLinesImages.read(
          lines.get(), folder(arguments, source), target, fields(arguments));
    }
    LabelledData data = inPlace(arguments, source);
    if (data.train() instanceof Subset) {
      terminal
          .out()
          .printf(
              Locale.ROOT,
              "%s has no folder test: %s, a fifth of each class, kept for it%n",
              source,
              Counted.of(data.test().size(), "image"));
    }
    return ShardImages.of(data.train(), target);
  }

  /**
   * A hint where classes look like several labels each: names joined by | of which some part occurs
   * in another class too. A name may have a |, and then its parts are nobody else's.
   */
  private static Optional<String> severalLabels(Path table, Targets targets) {
    if (targets.target() != Target.CLASSES) {
      return Optional.empty();
    }
    Map<String, Long> classesOfPart =
        targets.names().stream()
            .flatMap(name -> parts(name).stream().distinct())
            .collect(Collectors.groupingBy(part -> part, Collectors.counting()));
    return targets.names().stream()
        .filter(name -> name.contains("|"))
        .filter(name -> parts(name).stream().anyMatch(p -> classesOfPart.getOrDefault(p, 0L) > 1))
        .findFirst()
        .map(
            name ->
                "%s: %s is read as the name of one class; are these several labels of an image, then"
                        .formatted(table, name)
                    + " 'lacuna finetune --target labels' learns each of them");
  }

  private static List<String> parts(String name) {
    return Pattern.compile("|", Pattern.LITERAL)
        .splitAsStream(name)
        .map(String::strip)
        .filter(part -> !part.isEmpty())
        .toList();
  }

  /**
   * Opens the test images, and warns if some of them are training images too.
   *
   * @param train the training images
   * @throws UsageException if there is no table for them
   */
  static LabelledImages test(
      Arguments arguments, String source, LabelledImages train, Terminal terminal)
      throws IOException {
    LabelledImages test = test(arguments, source, train.targets());
    if (train.images() instanceof ImageFolder known
        && test.images() instanceof ImageFolder unseen) {
      Set<Path> files = new HashSet<>(known.files());
      List<Path> both = unseen.files().stream().filter(files::contains).distinct().toList();
      if (!both.isEmpty()) {
        terminal
            .err()
            .printf(
                "lacuna: %s for training and test, such as %s; the test says too much of them%n",
                Counted.of(both.size(), "image"), both.get(0));
      }
    }
    return test;
  }

  private static LabelledImages test(Arguments arguments, String source, Targets targets)
      throws IOException {
    if (arguments.has(CSV)) {
      Path table = Arguments.existing(arguments.require(TEST_CSV));
      return CsvImages.read(table, folder(arguments, source), targets);
    }
    if (arguments.has(LINES)) {
      Path table = Arguments.existing(arguments.require(TEST_LINES));
      return JsonLinesImages.read(table, folder(arguments, source), targets, fields(arguments));
    }
    return ShardImages.of(inPlace(arguments, source).test(), targets);
  }

  /** Training and test images with classes. */
  static LabelledData classes(Arguments arguments, String source, Terminal terminal)
      throws IOException {
    LabelledImages train = train(arguments, source, terminal, true);
    ImageDataset test = test(arguments, source, train, terminal).images();
    return new LabelledData(train.images(), test);
  }

  private static Optional<Path> table(Arguments arguments, String option) {
    return arguments.find(option).map(Arguments::existing);
  }

  private static LabelledData inPlace(Arguments arguments, String source) throws IOException {
    if (target(arguments) != Target.CLASSES) {
      return LabelledData.openOrSplit(source, Labelling.annotations(fields(arguments)));
    }
    LabelledData data =
        LabelledData.openOrSplit(
            source, arguments.find(KEY).map(Labelling::classes).orElse(Labelling.classes()));
    if (data.train().classNames().isEmpty()) {
      throw new UsageException(
          source
              + ": expected labelled images, found no label; give --label-key, --csv or --labels");
    }
    return data;
  }

  private static Target target(Arguments arguments) {
    return arguments.choice(TARGET, Target.CLASSES);
  }

  private static List<String> fields(Arguments arguments) {
    return arguments.find(KEY).map(List::of).orElse(JsonLinesImages.fields(target(arguments)));
  }

  private static void requireSense(Arguments arguments) {
    if (arguments.has(CSV) && arguments.has(LINES)) {
      throw new UsageException("--labels: expected no --csv beside it; give one table");
    }
    for (String option : List.of(CSV, LINES)) {
      if (arguments.has("test-" + option) && !arguments.has(option)) {
        throw new UsageException(
            "--test-%s: expected --%s beside it, the table of training images"
                .formatted(option, option));
      }
    }
    if (arguments.has(KEY) && arguments.has(CSV)) {
      throw new UsageException(
          "--label-key: expected JSON, found --csv, whose columns need no name");
    }
    if (Stream.of(CSV, LINES).anyMatch(arguments::has)) {
      folder(arguments, arguments.require("data"));
    }
  }

  /** Before the training images are read: a test has a table like theirs, and only a test has. */
  private static void requireTestTable(Arguments arguments, boolean tested) {
    for (String option : List.of(CSV, LINES)) {
      boolean table = arguments.has("test-" + option);
      if (tested && arguments.has(option) && !table) {
        throw new UsageException(
            "--%s: expected --test-%1$s beside it, the table of test images, found none"
                .formatted(option));
      }
      if (table && !tested) {
        throw new UsageException(
            "--test-%s: expected --test beside it, which judges on these images, found none"
                .formatted(option));
      }
    }
  }

  /** Where the paths of a table begin. */
  private static Path folder(Arguments arguments, String source) {
    Path folder = Arguments.path(source);
    if (!Files.isDirectory(folder)) {
      throw new UsageException(
          "--data: expected the folder that the paths of --%s begin at, found %s"
              .formatted(arguments.has(CSV) ? CSV : LINES, source));
    }
    return folder;
  }
}
