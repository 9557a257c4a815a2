package ai.lacuna.serving;

/**
 * One class or label that a classifier considered.
 *
 * @param label its name
 * @param index its index in the manifest's labels
 * @param probability 0 to 1; over all classes they sum to 1, labels have one each
 */
public record Prediction(String label, int index, double probability) {}
