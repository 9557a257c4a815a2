package ai.lacuna.train;

/**
 * What a step of the optimizer did.
 *
 * @param applied whether the parameters were updated; not when a gradient was not finite
 * @param retryable whether a step that was not applied is a float16 overflow, which the lower loss
 *     scale of the next step may mend
 * @param gradientNorm the Euclidean norm of all gradients together, before clipping
 */
public record Update(boolean applied, boolean retryable, double gradientNorm) {}
