package ai.lacuna.text;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearMatchesTest {
  @Test
  void countsEdits() {
    assertEquals(0, NearMatches.distance("mask", "mask"));
    assertEquals(3, NearMatches.distance("kitten", "sitting"));
    assertEquals(4, NearMatches.distance("", "mask"));
    assertEquals(2, NearMatches.distance("ab", "ba"));
  }

  @Test
  void listsTheNearestFirst() {
    assertEquals(
        List.of("vit_micro", "vit_micro_patch4"),
        NearMatches.of("vit_micr", List.of("vit_huge_patch14", "vit_micro_patch4", "vit_micro")));
  }

  @Test
  void staysSilentWhenNothingResembles() {
    assertEquals("", NearMatches.question("resnet", List.of("vit_huge_patch14")));
  }
}
