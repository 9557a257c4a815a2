package ai.lacuna.cli;

import ai.lacuna.data.DataCheck;
import ai.lacuna.data.DataReport;
import ai.lacuna.files.FileReplacement;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.apache.commons.cli.Options;

/** {@code lacuna data check DATA}: reads every image and says what would spoil a training. */
final class DataCheckCommand implements Command {

  @Override
  public String name() {
    return "check";
  }

  @Override
  public String summary() {
    return "check images for damage, duplicates and strays";
  }

  @Override
  public String usage() {
    return "DATA [options]";
  }

  @Override
  public String details() {
    return """
        check takes what pretrain takes as DATA, or any folder with images: train and
        test folders, a folder per class, or images alone. Exit code 0: nothing found;
        2: damaged files, strays, empty classes, exact duplicates, test images that are
        in the training data, or images of odd or too small a size. Near duplicates
        (the same picture stored again) are shown, but do not change the code.

          lacuna data check pictures --image-size 224 --json report.json
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(Arguments.value("json", "FILE", "check: write all findings as JSON"))
        .addOption(
            Arguments.value(
                "image-size", "N|HxW", "check: report images smaller than a network's input"))
        .addOption(
            Arguments.value(
                "near",
                "yes|no",
                "check: look for near duplicates (yes up to %,d images)"
                    .formatted(DataCheck.NEAR_BY_DEFAULT)));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    List<String> words = arguments.positional();
    if (words.size() != 2) {
      throw new UsageException(
          "data check: expected one folder or name of data, found "
              + (words.size() - 1)
              + "; 'lacuna data --help' shows examples");
    }
    DataCheck check = DataCheck.open(words.get(1));
    if (arguments.has("image-size")) {
      ImageSize size = ImageSize.parse("image-size", arguments.require("image-size"));
      check = check.withLeastSize(size.height(), size.width());
    }
    Optional<String> near = arguments.find("near");
    if (near.isPresent()) {
      check = check.withNearDuplicates(yes(near.get()));
    }
    DataReport report;
    try (ProgressBar bar = terminal.progress("reading images", check.size())) {
      report = check.run(bar::update);
    }
    DataReportTable.print(report, terminal);
    if (arguments.has("json")) {
      Path file = Arguments.path(arguments.require("json"));
      FileReplacement.write(file, report.toJson());
      terminal.line("all findings: %s", file);
    }
    return report.clean() ? 0 : Failures.BAD_INPUT;
  }

  private static boolean yes(String text) {
    if (!text.equals("yes") && !text.equals("no")) {
      throw new UsageException("--near: expected yes or no, found " + text);
    }
    return text.equals("yes");
  }
}
