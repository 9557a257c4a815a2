package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressBarTest {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
  private final PrintStream out = new PrintStream(bytes, true, StandardCharsets.UTF_8);

  @Test
  void printsOneLineWithoutATerminalWhenTheWorkIsShort() {
    try (ProgressBar bar = new ProgressBar(out, false, "embedding", 10)) {
      for (int i = 1; i <= 10; i++) {
        bar.update(i);
      }
    }
    assertEquals(1, text().lines().count(), text());
    assertTrue(text().contains("embedding") && text().contains("done in"), text());
    assertFalse(text().contains("\u001b"), text());
  }

  @Test
  void redrawsOneLineOnATerminal() {
    try (ProgressBar bar = new ProgressBar(out, true, "embedding", 10)) {
      bar.update(10, "loss 0.5");
    }
    assertTrue(text().startsWith("\r"), text());
    assertTrue(text().endsWith("loss 0.5" + System.lineSeparator()), text());
    assertEquals(1, text().chars().filter(c -> c == '\n').count());
  }

  @Test
  void saysWhenTheWorkWasCutShort() {
    try (ProgressBar bar = new ProgressBar(out, false, "training", 10)) {
      bar.update(3);
    }
    assertTrue(text().contains("stopped after"), text());
  }

  @Test
  void showsNoShareOfWhatNobodyKnows() {
    try (ProgressBar bar = new ProgressBar(out, true, "weights", -1)) {
      bar.update(3_000_000, "3.0 MB");
    }
    assertFalse(text().contains("%"), text());
    assertFalse(text().contains("stopped"), text());
    assertTrue(text().contains("ended after") && text().contains("3.0 MB"), text());
  }

  @Test
  void theTimeLeftFollowsFromThePaceOfThisProcess() {
    assertEquals(", 20 s left", ProgressBar.remaining(10_000_000_000L, 50, 100));
    assertEquals("", ProgressBar.remaining(10_000_000_000L, 0, 100));
  }

  @Test
  void writesDurationsAsAReaderWouldSayThem() {
    assertEquals("0.4 s", ProgressBar.seconds(420_000_000L));
    assertEquals("12 s", ProgressBar.seconds(12_300_000_000L));
    assertEquals("3 min 20 s", ProgressBar.seconds(200_000_000_000L));
    assertEquals("2 h 5 min", ProgressBar.seconds(7_500_000_000_000L));
  }

  private String text() {
    return bytes.toString(StandardCharsets.UTF_8);
  }
}
