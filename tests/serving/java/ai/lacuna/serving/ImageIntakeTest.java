package ai.lacuna.serving;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ai.lacuna.serving.batch.BatchOptions;
import ai.lacuna.serving.batch.Batcher;
import ai.lacuna.serving.batch.RejectedRequestException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletionException;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ImageIntakeTest {
  private static final int MAX_BYTES = 4096;
  private static final BatchOptions OPTIONS =
      new BatchOptions(4, Duration.ofMillis(2), 2, Duration.ofSeconds(30), 1);

  private final OnnxEncoder encoder;
  private final Batcher<Prepared, float[]> front;
  private final ImageIntake intake;

  ImageIntakeTest(@TempDir Path folder) throws IOException {
    TinyBundle.copyTo(folder);
    encoder = OnnxEncoder.open(folder);
    front = encoder.batched(Pooling.CLS, OPTIONS);
    // Room for two of the longest bodies.
    intake = new ImageIntake(encoder::prepare, MAX_BYTES, 10_000, 11 << 10);
  }

  @AfterEach
  void close() {
    intake.close();
    front.close();
    encoder.close();
  }

  private static byte[] png(int side) throws IOException {
    byte[] pixels = new byte[side * side];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) i;
    }
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(Pixels.of(side, side, 1, pixels).toBufferedImage(), "png", out);
    return out.toByteArray();
  }

  private static InputStream stream(byte[] bytes) {
    return new ByteArrayInputStream(bytes);
  }

  /** What happens when a body is read. */
  private interface Reading {
    int read() throws IOException;
  }

  private static InputStream body(Reading reading) {
    return new InputStream() {
      @Override
      public int read() throws IOException {
        return reading.read();
      }

      @Override
      public int read(byte[] to, int offset, int length) throws IOException {
        return reading.read();
      }
    };
  }

  @Test
  void answersWhatTheEncoderAnswers() throws IOException {
    byte[] file = png(28);
    float[] expected = encoder.embed(List.of(Pixels.read(file, "x")), Pooling.CLS)[0];
    for (long length : new long[] {-1, file.length}) {
      // Every place is given back: more bodies than there are places, one after the other.
      for (int i = 0; i < 10; i++) {
        float[] found = intake.submit(stream(file), length, front.reserve()).join();
        assertArrayEquals(expected, found, 1e-4f);
      }
    }
  }

  @Test
  void refusesLongBodiesAndKeepsNothingOfThem() throws IOException {
    for (int i = 0; i < 10; i++) {
      for (long length : new long[] {-1, MAX_BYTES + 1, 100}) {
        assertThrows(
            BodyTooLargeException.class,
            () -> intake.submit(stream(new byte[MAX_BYTES + 1]), length, front.reserve()));
      }
    }
    assertEquals(16, intake.submit(stream(png(28)), -1, front.reserve()).join().length);
  }

  /** Nobody has to send what is refused anyway. */
  @Test
  void readsNothingOfABodyThatSaysItIsTooLong() throws IOException {
    InputStream unread =
        body(
            () -> {
              throw new AssertionError("read");
            });
    for (long length : new long[] {MAX_BYTES + 1, Long.MAX_VALUE}) {
      for (int i = 0; i < 10; i++) {
        BodyTooLargeException e =
            assertThrows(
                BodyTooLargeException.class, () -> intake.submit(unread, length, front.reserve()));
        String expected = "at most 4096 bytes, found " + length;
        assertTrue(String.valueOf(e.getMessage()).contains(expected), e.getMessage());
        assertEquals(0, front.waiting());
      }
    }
    assertEquals(16, intake.submit(stream(png(28)), -1, front.reserve()).join().length);
  }

  @Test
  void tellsWhatIsNoImageOrTooLargeAnImage() throws IOException {
    for (byte[] file : new byte[][] {{}, {1, 2, 3}, png(101)}) {
      for (int i = 0; i < 10; i++) {
        CompletionException e =
            assertThrows(
                CompletionException.class,
                () -> intake.submit(stream(file), file.length, front.reserve()).join());
        assertInstanceOf(ImageException.class, e.getCause());
      }
    }
  }

  @Test
  void givesPlaceAndRoomBackWhenTheClientGoesAway() throws IOException {
    InputStream gone =
        body(
            () -> {
              throw new IOException("reset");
            });
    for (int i = 0; i < 10; i++) {
      assertThrows(IOException.class, () -> intake.submit(gone, -1, front.reserve()));
    }
    assertEquals(16, intake.submit(stream(png(28)), -1, front.reserve()).join().length);
  }

  @Test
  void givesPlaceAndRoomBackWhenTheHeapIsFull() throws IOException {
    InputStream greedy =
        body(
            () -> {
              throw new OutOfMemoryError("no room for a body");
            });
    for (int i = 0; i < 10; i++) {
      assertThrows(OutOfMemoryError.class, () -> intake.submit(greedy, -1, front.reserve()));
      assertEquals(0, front.waiting());
    }
    assertEquals(16, intake.submit(stream(png(28)), -1, front.reserve()).join().length);
  }

  @Test
  void refusesLimitsThatNoImageCanBeReadBy() {
    for (int pixels : new int[] {0, Pixels.MAX_PIXELS + 1}) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class,
              () -> new ImageIntake(encoder::prepare, MAX_BYTES, pixels));
      assertTrue(String.valueOf(e.getMessage()).contains("1 to 64000000 pixels"), e.getMessage());
    }
  }

  /** A body that never ends holds room, and others hear so at once. */
  @Test
  void refusesBodiesThatFindNoRoom() throws Exception {
    ImageIntake narrow = new ImageIntake(encoder::prepare, MAX_BYTES, 10_000, 5 << 10);
    InputStream within =
        body(
            () -> {
              RejectedRequestException e =
                  assertThrows(
                      RejectedRequestException.class,
                      () -> narrow.submit(stream(png(28)), -1, front.reserve()));
              assertEquals(RejectedRequestException.Reason.OVERLOADED, e.reason());
              assertTrue(String.valueOf(e.getMessage()).contains("room"), e.getMessage());
              return -1;
            });
    assertThrows(
        CompletionException.class, () -> narrow.submit(within, -1, front.reserve()).join());
    narrow.close();
    RejectedRequestException e =
        assertThrows(
            RejectedRequestException.class,
            () -> narrow.submit(stream(png(28)), -1, front.reserve()));
    assertEquals(RejectedRequestException.Reason.CLOSED, e.reason());
  }
}
