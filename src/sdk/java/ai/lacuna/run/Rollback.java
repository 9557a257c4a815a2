package ai.lacuna.run;

/**
 * A step that was not finite, and where the run went on.
 *
 * @param epoch its epoch, from 0
 * @param batch its batch of that epoch, from 0; the run leaves it out
 * @param failedStep the step, from 1
 * @param step steps done at the checkpoint that the run went back to
 * @param what the error's text
 */
public record Rollback(int epoch, int batch, long failedStep, long step, String what) {}
