package ai.lacuna.serving;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Direct buffers that calls reuse, so that native memory stays bounded by the largest batch times
 * the number of calls at once.
 */
final class BufferPool {
  private final ConcurrentLinkedDeque<Pair> idle = new ConcurrentLinkedDeque<>();

  /** Input bytes and output floats of one call; position 0, limit as asked. */
  record Pair(ByteBuffer input, FloatBuffer output) {}

  Pair take(int bytes, int floats) {
    Pair pair = idle.pollFirst();
    ByteBuffer input =
        pair != null && pair.input().capacity() >= bytes
            ? pair.input()
            : ByteBuffer.allocateDirect(bytes).order(ByteOrder.nativeOrder());
    FloatBuffer output =
        pair != null && pair.output().capacity() >= floats
            ? pair.output()
            : ByteBuffer.allocateDirect(Math.multiplyExact(floats, Float.BYTES))
                .order(ByteOrder.nativeOrder())
                .asFloatBuffer();
    input.clear().limit(bytes);
    output.clear().limit(floats);
    return new Pair(input, output);
  }

  void giveBack(Pair pair) {
    idle.addFirst(pair);
  }
}
