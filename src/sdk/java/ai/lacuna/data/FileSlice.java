package ai.lacuna.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Reads parts of files. Each call opens the file and closes it: a channel that several threads
 * share is closed under all of them when one is interrupted, and one kept open needs an owner.
 */
final class FileSlice {
  /** The longest image or label that is read, in bytes. */
  static final int MAX_BYTES = 512 << 20;

  private FileSlice() {}

  /**
   * Reads a part of a file.
   *
   * @throws DataException if the file ends before
   */
  static byte[] read(Path file, long offset, int length) throws IOException {
    try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
      return read(channel, file, offset, length);
    }
  }

  /** As {@link #read(Path, long, int)}, from an open channel. */
  static byte[] read(FileChannel channel, Path file, long offset, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(length);
    while (bytes.hasRemaining()) {
      if (channel.read(bytes, offset + bytes.position()) < 0) {
        throw new DataException(
            "%s: expected %s bytes at %s, found the end of the file; it is cut, fetch it again"
                .formatted(file, length, offset));
      }
    }
    return bytes.array();
  }
}
