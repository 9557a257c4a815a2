package ai.lacuna.data;

import java.io.Closeable;
import java.io.IOException;

/** Which samples a batch is made of, and how to read them. Safe for several threads. */
interface BatchSource extends Closeable {
  /** Reads a sample by its place in the data set. */
  @FunctionalInterface
  interface Reading {
    Sample read(int index) throws IOException;
  }

  /**
   * The samples of one batch.
   *
   * @param indices their places in the data set, in order
   * @param others the places of samples that may stand in for a damaged one
   * @param further those that may where none of the others can be read, at a greater cost; possibly
   *     none
   * @param reading reads all of them
   */
  @SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
  record Draw(int[] indices, int[] others, int[] further, Reading reading) {}

  /**
   * Prepares a batch; asked for once, in any order, but by tasks that began in the order of
   * batches.
   */
  Draw draw(int batch) throws IOException, InterruptedException;

  @Override
  void close() throws IOException;
}
