package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import ai.lacuna.pretrain.PretrainConfig;
import ai.lacuna.zoo.Zoo;
import ai.lacuna.zoo.ZooEntry;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.util.Arrays;
import java.util.Set;
import org.apache.commons.cli.DefaultParser;
import org.apache.commons.cli.ParseException;
import org.junit.jupiter.api.Test;

/** Commands in records and cards do what they say they did. */
class RepeatedCommandTest {
  private static Arguments parse(Command command, String... args) throws ParseException {
    return new Arguments(new DefaultParser().parse(command.options(), args), command.options());
  }

  @Test
  void repeatsWhatWasGivenButWhereItWasWritten() throws ParseException {
    Arguments arguments =
        parse(new Probe(), "--encoder", "a", "--data", "my data", "--record", "zoo");

    assertEquals(
        "probe --encoder a --data 'my data'", arguments.repeated("probe", Set.of("record")));
  }

  @Test
  void quotesWhatAShellReadsSomethingInto() throws ParseException {
    Arguments arguments =
        parse(
            new Pretrain(),
            "--data",
            "t-{0..9}.tar",
            "--loss",
            "0.1*mse",
            "--out",
            "it's",
            "--mask-ratio",
            "0.5:0.75@20");

    assertEquals(
        "pretrain --data 't-{0..9}.tar' --loss '0.1*mse' --out 'it'\\''s'"
            + " --mask-ratio 0.5:0.75@20",
        arguments.repeated("pretrain", Set.of()));
  }

  @Test
  void refusesAnOptionOfTwoValues() throws ParseException {
    Arguments arguments = parse(new Pretrain(), "--epochs", "2", "--epochs", "3", "--seed=1");

    assertEquals(1, arguments.integer("seed", 0, 0));
    String message =
        String.valueOf(
            assertThrows(UsageException.class, () -> arguments.integer("epochs", 30, 1))
                .getMessage());
    assertEquals("--epochs: expected one value, found 2 and 3; leave the others out", message);
    assertEquals(
        4, parse(new Pretrain(), "--epochs", "4", "--epochs", "4").integer("epochs", 30, 1));
  }

  @Test
  void theCommandOfEachBundledRecipeGivesThatRecipe() throws ParseException, IOException {
    for (ZooEntry entry : Zoo.bundled().list()) {
      if (!entry.hasRecipe()) {
        continue; // Its publisher's command is not Lacuna's.
      }
      String[] words = entry.listing().about().recipe().command().split(" ", -1);
      assertEquals("./lacuna pretrain", words[0] + " " + words[1]);
      Arguments arguments = parse(new Pretrain(), Arrays.copyOfRange(words, 2, words.length));

      assertEquals(
          PretrainConfig.fromJson(
              JsonParser.parseString(entry.recipe())
                  .getAsJsonObject()
                  .getAsJsonObject("pretrain")
                  .toString()),
          PretrainOptions.read(arguments, arguments.require("data")),
          entry.name());
    }
  }
}
