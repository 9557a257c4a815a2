package ai.lacuna.cli;

import ai.lacuna.data.FashionMnist;
import ai.lacuna.data.ImageDataset;
import ai.lacuna.files.FileReplacement;
import ai.lacuna.masking.PatchGrid;
import ai.lacuna.masking.RatioSchedule;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.apache.commons.cli.Options;

/** {@code lacuna masks}: draws what the strategies and schedules of masking do. */
final class Masks implements Command {
  private static final int MOST_IMAGES = 6;

  @Override
  public String name() {
    return "masks";
  }

  @Override
  public String summary() {
    return "draw the strategies and schedules of masking on images";
  }

  @Override
  public String usage() {
    return "[options]";
  }

  @Override
  public String details() {
    return """
        A mask is a function of seed, epoch and image, and its count is exact. For
        'lacuna pretrain --mask' a strategy is a name, and after a colon its values:

        """
        + MaskCatalogue.help()
        + """

          lacuna masks --out masks.png
          lacuna masks --data photos --ratio cosine:0.5:0.8@20 --out masks.html
          lacuna masks --mask block:least=0.2 --ratio 0.5
        """;
  }

  @Override
  public Options options() {
    return new Options()
        .addOption(
            Arguments.value("data", "DATA", "images, as for 'pretrain' (fashion-mnist-sample)"))
        .addOption(Arguments.value("out", "FILE", "a .png or .html file (masks.png)"))
        .addOption(Arguments.value("mask", "STRATEGY", "draw this one instead of all"))
        .addOption(
            Arguments.value("ratio", "R", "share removed, or a ramp such as 0.5:0.75@20 (0.75)"))
        .addOption(
            Arguments.value("image-size", "N|HxW", "side in pixels, or height x width (224)"))
        .addOption(Arguments.value("patch-size", "N", "side of a patch in pixels (16)"))
        .addOption(Arguments.value("images", "N", "images shown, 1 to " + MOST_IMAGES + " (3)"))
        .addOption(Arguments.value("seed", "N", "any number (0)"));
  }

  @Override
  public int run(Arguments arguments, Terminal terminal) throws IOException {
    arguments.requireNoPositional();
    Path out = arguments.path("out", "masks.png");
    String kind = String.valueOf(out.getFileName()).toLowerCase(Locale.ROOT);
    if (!kind.endsWith(".png") && !kind.endsWith(".html")) {
      throw new UsageException("--out: expected a file ending in .png or .html, found " + out);
    }
    RatioSchedule ratio = RatioSchedule.parse(arguments.text("ratio", "0.75"));
    int patch = arguments.integer("patch-size", 16, 1);
    PatchGrid grid = grid(arguments.text("image-size", "224"), patch);
    List<String> strategies = arguments.find("mask").map(List::of).orElse(MaskCatalogue.shown());
    int count = arguments.integer("images", 3, 1);
    if (count > MOST_IMAGES) {
      throw new UsageException("--images: expected 1 to " + MOST_IMAGES + ", found " + count);
    }
    MaskSheet.Settings settings =
        new MaskSheet.Settings(grid, patch, ratio, arguments.integer("seed", 0, 0), strategies);
    ImageDataset data = ImageDataset.open(arguments.text("data", FashionMnist.SAMPLE_NAME));
    MaskSheet sheet = MaskSheet.draw(settings, data, count);
    if (kind.endsWith(".png")) {
      FileReplacement.write(out, MaskSheetPng.of(sheet));
    } else {
      FileReplacement.write(out, MaskSheetHtml.of(sheet));
    }
    terminal.line("%s", sheet.summary());
    terminal.line("picture: %s", out);
    return 0;
  }

  private static PatchGrid grid(String size, int patch) {
    String[] sides = size.split("x", -1);
    try {
      int height = Integer.parseInt(sides[0]);
      int width = sides.length == 1 ? height : Integer.parseInt(sides[1]);
      if (sides.length <= 2
          && height >= patch
          && width >= patch
          && height % patch == 0
          && width % patch == 0) {
        return new PatchGrid(height / patch, width / patch);
      }
    } catch (NumberFormatException e) {
      // Said below, in the same words as for a side out of range.
    }
    throw new UsageException(
        "--image-size: expected multiples of the patch size "
            + patch
            + ", such as 224 or 96x160, found "
            + size);
  }
}
