package ai.lacuna.cli;

import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/** Figures of held-out images in words. */
final class Figures {
  private static final Set<String> SHARES =
      Set.of("top1", "top5", "exact", "miou", "pixelAccuracy");

  /** Names that are shown as others. */
  private static final Map<String, String> SHOWN =
      Map.of("miou", "mIoU", "pixelAccuracy", "pixel accuracy");

  private Figures() {}

  /** Name and value of each, shares as percent. */
  static String words(Map<String, Double> figures) {
    return figures.entrySet().stream()
        .map(figure -> word(figure.getKey(), figure.getValue()))
        .collect(Collectors.joining(", "));
  }

  private static String word(String name, double value) {
    String shown = SHOWN.getOrDefault(name, name);
    return SHARES.contains(name)
        ? String.format(Locale.ROOT, "%s %.2f %%", shown, 100 * value)
        : String.format(Locale.ROOT, "%s %.4f", shown, value);
  }
}
