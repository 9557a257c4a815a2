package ai.lacuna.data;

import java.nio.ByteBuffer;

/**
 * Images and labels of some samples. Belongs to whoever received it.
 *
 * @param index the place of the batch in its epoch, from 0
 * @param images a direct buffer, uint8 {@code [size, height, width, channels]}, ready to read
 * @param size the number of samples
 * @param ids the samples' ids, {@code [size]}
 * @param labels the samples' labels, {@code [size]}; {@link Sample#NO_LABEL} where there is none
 */
@SuppressWarnings("ArrayRecordComponent") // identity is the equality that is meant
public record Batch(int index, ByteBuffer images, int size, long[] ids, int[] labels) {}
