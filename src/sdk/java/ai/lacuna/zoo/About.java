package ai.lacuna.zoo;

import java.util.List;

/**
 * What people write about an encoder; its {@code about.json}.
 *
 * @param summary one sentence
 * @param license SPDX identifier of the weights' licence
 * @param paper link to the paper of the method
 * @param source where the weights come from
 * @param trainingData what it was pretrained on
 * @param recipe how it was pretrained
 * @param intendedUse what it is good for, one sentence each
 * @param limits what it cannot do and what biases it inherits, one sentence each
 * @param tags words to find it by
 */
public record About(
    String summary,
    String license,
    String paper,
    String source,
    TrainingData trainingData,
    Recipe recipe,
    List<String> intendedUse,
    List<String> limits,
    List<String> tags) {

  /** What stands in a draft where people have to write. */
  static final String TO_WRITE = "TO WRITE";

  /** What stands for what a foreign file does not say. */
  static final String UNKNOWN = "unknown";

  /** Copies the lists. */
  public About {
    intendedUse = List.copyOf(intendedUse);
    limits = List.copyOf(limits);
    tags = List.copyOf(tags);
  }

  /** A draft for people to complete. */
  static About draft() {
    return new About(
        TO_WRITE + ": one sentence",
        TO_WRITE + ": an SPDX identifier, such as Apache-2.0",
        "https://arxiv.org/abs/2111.06377",
        TO_WRITE + ": where the weights come from",
        new TrainingData(
            TO_WRITE + ": short name",
            TO_WRITE + ": name for people",
            TO_WRITE + ": id on the Hugging Face hub",
            TO_WRITE + ": home page",
            0,
            TO_WRITE + ": which part was used",
            TO_WRITE + ": an SPDX identifier",
            TO_WRITE + ": one or more sentences"),
        new Recipe(TO_WRITE + ": the method", TO_WRITE + ": the command that repeats it"),
        List.of(TO_WRITE + ": what it is good for"),
        List.of(TO_WRITE + ": what it cannot do, what biases it inherits"),
        List.of("masked-autoencoder", "vision-transformer"));
  }

  /**
   * The pretraining data.
   *
   * @param name short name, for example {@code fashion-mnist}
   * @param title name for people
   * @param hubId the data set's id on the Hugging Face hub
   * @param url its home page
   * @param images how many images were used
   * @param split which part was used
   * @param license SPDX identifier of the data's licence
   * @param description one or more sentences
   */
  public record TrainingData(
      String name,
      String title,
      String hubId,
      String url,
      int images,
      String split,
      String license,
      String description) {}

  /**
   * The pretraining in short; {@code recipe.json} has every value, {@code train.jsonl} the time.
   *
   * @param method the method in a few words
   * @param command what repeats it, from the root of the repository
   */
  public record Recipe(String method, String command) {}
}
