package ai.lacuna.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

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
    return new Arguments(new DefaultParser().parse(command.options(), args));
  }

  @Test
  void repeatsWhatWasGivenButWhereItWasWritten() throws ParseException {
    Arguments arguments =
        parse(new Probe(), "--encoder", "a", "--data", "my data", "--record", "zoo");

    assertEquals(
        "probe --encoder a --data 'my data'", arguments.repeated("probe", Set.of("record")));
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
