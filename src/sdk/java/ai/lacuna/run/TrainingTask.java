package ai.lacuna.run;

import ai.djl.Device;
import ai.lacuna.data.Batch;
import ai.lacuna.data.JpegReading;
import ai.lacuna.data.Loader;
import ai.lacuna.train.Numerics;
import ai.lacuna.train.Part;
import ai.lacuna.train.Trainee;
import ai.lacuna.weights.NamedTensors;
import java.io.IOException;
import java.util.List;

/**
 * What a run trains: a network, its batches, losses and learning rates. All of it is a pure
 * function of the task's configuration, its data and the position in the run.
 */
public interface TrainingTask {

  /**
   * How fast a step moves.
   *
   * @param learningRate the rate of the step, above 0 or 0
   * @param beta1 decay of the mean of gradients, in [0, 1); NaN for the optimizer's own
   */
  record Rate(double learningRate, double beta1) {
    /**
     * Returns a rate with the optimizer's own momentum.
     *
     * @param learningRate the rate
     * @return it
     */
    public static Rate of(double learningRate) {
      return new Rate(learningRate, Double.NaN);
    }
  }

  /**
   * What an image costs.
   *
   * @param encoderFlops operations of the encoder's forward pass
   * @param headFlops operations of the forward pass of what follows it: decoder or head
   * @param trainingFlops operations of forward and backward pass
   * @param patches patches of an image
   * @param maskRatio share of the patches that is removed; 0 if none is
   */
  record Workload(
      long encoderFlops, long headFlops, long trainingFlops, int patches, double maskRatio) {}

  /**
   * Returns what decides the results, as the text of {@code config.json}.
   *
   * @return a JSON object
   */
  String config();

  /**
   * Compares with the configuration of a run that is there.
   *
   * @param there the text of its {@code config.json}
   * @return a line for each difference: {@code masking.ratio: there 0.75, here 0.5}
   * @throws IllegalArgumentException if the text is no configuration of such a task
   */
  List<String> differences(String there);

  /**
   * Lists those of the differences with which the weights of a run would mean something else, so
   * that it can't go on under this configuration, not even by force.
   *
   * @param there the text of its {@code config.json}
   * @return some lines of {@link #differences}; none unless the task says otherwise
   * @throws IllegalArgumentException if the text is no configuration of such a task
   */
  default List<String> insuperable(String there) {
    return List.of();
  }

  /**
   * Returns what the data is called.
   *
   * @return a name for messages
   */
  String dataName();

  /**
   * Returns how many images there are.
   *
   * @return at least 0
   */
  int images();

  /**
   * Returns the images of a step.
   *
   * @return at least 1
   */
  int batchSize();

  /**
   * Returns the passes over the data.
   *
   * @return at least 1
   */
  int epochs();

  /**
   * Returns the steps of an epoch.
   *
   * @return whole batches; 0 if the data is smaller than one
   */
  default int batches() {
    return images() / batchSize();
  }

  /**
   * Returns how JPEGs are decoded, for the run's record.
   *
   * @return in full unless the task says otherwise
   */
  default JpegReading jpeg() {
    return JpegReading.FULL;
  }

  /**
   * Returns types, memory and guards of the arithmetic.
   *
   * @return the numerics
   */
  Numerics numerics();

  /**
   * Returns the parameters that a run begins with.
   *
   * @return all of them
   * @throws IOException if they can't be read
   */
  NamedTensors initialWeights() throws IOException;

  /**
   * Checks on a device, before the run's directory has anything of it, what only a device can tell.
   *
   * @param device the first device of the run
   */
  default void check(Device device) {}

  /**
   * Loads the network for training.
   *
   * @param weights all parameters
   * @param devices a replica on each
   * @return the network; the caller closes it
   */
  Trainee open(NamedTensors weights, List<Device> devices);

  /**
   * Opens an epoch at one of its batches.
   *
   * @param epoch the epoch, from 0
   * @param batch the first batch wanted, from 0
   * @param workers threads that load
   * @param maxCorrupt the greatest share of damaged images
   * @return the loader; the caller closes it
   * @throws IOException if the data can't be opened
   */
  Loader load(int epoch, int batch, int workers, double maxCorrupt) throws IOException;

  /**
   * Prepares the network for an epoch, also for one that goes on in its middle: the place to freeze
   * and unfreeze.
   *
   * @param trainee the network
   * @param epoch the epoch, from 0
   */
  default void prepare(Trainee trainee, int epoch) {}

  /**
   * Cuts a batch into parts whose losses and gradients add up to the batch's.
   *
   * @param epoch the epoch, from 0
   * @param batch images and labels
   * @param count how many parts at most
   * @return at least one
   */
  List<Part> parts(int epoch, Batch batch, int count);

  /**
   * Returns how fast a step moves.
   *
   * @param epoch the epoch, from 0
   * @param batch the batch of the epoch, from 0
   * @return the rate
   */
  Rate rate(int epoch, int batch);

  /**
   * Returns what an image of an epoch costs.
   *
   * @param epoch the epoch, from 0
   * @return counted operations
   */
  Workload workload(int epoch);
}
