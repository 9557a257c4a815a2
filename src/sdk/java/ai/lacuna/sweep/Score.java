package ai.lacuna.sweep;

/**
 * What a run of a sweep is worth; {@code score.json} in its directory.
 *
 * @param target what the loss measures; only losses of one target are comparable
 * @param steps steps done
 * @param trainLoss mean masked loss of the last epoch
 * @param validationLoss masked loss of held-out images
 * @param psnr likeness of filled held-out images, decibels
 * @param linear accuracy of a linear probe on held-out training images, 0 to 1; NaN without labels
 * @param knn nearest-neighbour accuracy on held-out training images, 0 to 1; NaN without labels
 * @param parameters values of encoder and decoder
 * @param mflops operations of one image's forward pass, in millions
 * @param seconds time of the run in the process that ended it, scoring included
 */
public record Score(
    String target,
    long steps,
    double trainLoss,
    double validationLoss,
    double psnr,
    double linear,
    double knn,
    long parameters,
    double mflops,
    double seconds) {}
