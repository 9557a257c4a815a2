package ai.lacuna.serving;

/**
 * One class that a classifier considered.
 *
 * @param label the class's name
 * @param index its index in the manifest's labels
 * @param probability 0 to 1; over all classes they sum to 1
 */
public record Prediction(String label, int index, double probability) {}
