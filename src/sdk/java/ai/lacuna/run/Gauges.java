package ai.lacuna.run;

import ai.lacuna.train.StepClock;

/**
 * What is measured besides the loss; {@code metrics.jsonl} leaves out a figure that is not a
 * number.
 *
 * @param gradientNorm Euclidean norm of all gradients: of the recorded step, or the mean over those
 *     of an epoch that were finite; infinite or NaN for a step of float16 that was skipped
 * @param lossScale of float16, after the step; NaN in other precisions
 * @param skippedSteps of float16, whose gradients overflowed, since the last record or in the
 *     epoch; NaN in other precisions
 * @param maskRatio share of the patches that the epoch removes
 * @param patchesPerSecond patches of the images trained on, removed ones included, loading included
 * @param flopsPerSecond operations of forward and backward passes done in a second
 * @param peakShare these over what the devices reach in large matrix products of the same type
 * @param secondsPerStep where the time of a step goes, mean since the last record
 * @param residentPeakMiB greatest resident size of the process so far; NaN where the system does
 *     not say (elsewhere than on Linux)
 * @param deviceMiB memory of the run's first GPU that is in use, by all processes; NaN on a CPU
 */
public record Gauges(
    double gradientNorm,
    double lossScale,
    double skippedSteps,
    double maskRatio,
    double patchesPerSecond,
    double flopsPerSecond,
    double peakShare,
    StepClock.HandOffs secondsPerStep,
    double residentPeakMiB,
    double deviceMiB) {}
