package ai.lacuna.loss;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class LossSumTest {

  @Test
  void readsAWeightedSum() {
    LossSum sum = LossSum.parse(" mse+ 0.1*frequency + 1e+1 * charbonnier:1e-2+perceptual:a:b*c");
    assertEquals(
        List.of(
            new LossSum.Term(1, new SquaredError()),
            new LossSum.Term(0.1, new FocalFrequency()),
            new LossSum.Term(10, new Charbonnier(0.01)),
            new LossSum.Term(1, new Perceptual("a:b*c"))),
        sum.terms());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mse",
        "l1",
        "charbonnier",
        "charbonnier:0.02",
        "frequency",
        "frequency:0.5",
        "perceptual:vit_micro",
        "mse + 0.1*frequency",
        "1.0E-20*l1 + 1.0E20*charbonnier:1.0E-9"
      })
  void writesWhatItReads(String text) {
    assertEquals(text, LossSum.parse(text).text());
    assertEquals(LossSum.parse(text), LossSum.parse(LossSum.parse(text).text()));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "frequncy | did you mean frequency?",
        "MSE | did you mean mse?",
        "mse + | found ''",
        "x*mse | expected a number as the weight, found 'x'",
        "0*mse | expected a weight above 0",
        "-1*mse | expected a weight above 0",
        "NaN*mse | expected a weight above 0",
        "frequency:0.3 | expected an alpha of 0.5, 1, 1.5, ... 8, found 0.3",
        "frequency:x | expected a number as the alpha of frequency, found 'x'",
        "mse:2 | expected mse without an argument",
        "charbonnier:0 | expected an epsilon above 0",
        "charbonnier:x | expected a number as the epsilon of charbonnier, found 'x'",
        "perceptual | write perceptual:NETWORK",
        "perceptual:a + perceptual:b | at most one perceptual"
      })
  void saysWhatIsWrong(String text, String message) {
    IllegalArgumentException refusal =
        assertThrows(IllegalArgumentException.class, () -> LossSum.parse(text));
    assertTrue(String.valueOf(refusal.getMessage()).contains(message), refusal.getMessage());
    assertTrue(String.valueOf(refusal.getMessage()).lines().count() == 1);
  }
}
