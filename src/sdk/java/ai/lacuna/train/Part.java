package ai.lacuna.train;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.function.Function;

/**
 * A share of a step's batch.
 *
 * @param function a function whose first result is a scalar loss, the mean over the part
 * @param weight the part's share of the step's loss: what its mean is over, divided by the same of
 *     the whole step; all weights add up to 1
 * @param inputs makes the function's arguments under a manager of the device that computes the
 *     part, on the thread of that device
 */
public record Part(String function, double weight, Function<NDManager, NDArray[]> inputs) {}
