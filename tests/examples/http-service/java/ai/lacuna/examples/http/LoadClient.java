package ai.lacuna.examples.http;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;

/**
 * Many clients of the service in one thread, so that measuring takes little from what is measured:
 * connections that stay open, requests made beforehand, no parsing but of the head.
 */
final class LoadClient implements AutoCloseable {
  /** Without an answer for so long, the service counts as broken. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(30);

  private static final int LARGEST_ANSWER = 1 << 16;
  private static final String LENGTH = "content-length:";

  /** Hears of each request's end. */
  interface Listener {
    /**
     * A request has ended.
     *
     * @param image which was asked for
     * @param status 0 if the connection broke
     * @param body of the answer
     * @param fromDue nanoseconds since it should have been sent
     * @param fromSent nanoseconds since it was sent
     */
    void ended(int image, int status, ByteBuffer body, long fromDue, long fromSent);
  }

  private static final class Connection {
    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer in = ByteBuffer.allocate(LARGEST_ANSWER);
    private ByteBuffer out = ByteBuffer.allocate(0);
    private int image;
    private long due;
    private long sent;

    Connection(SocketChannel channel, SelectionKey key) {
      this.channel = channel;
      this.key = key;
    }
  }

  private final int port;
  private final List<byte[]> requests;
  private final Listener listener;
  private final Selector selector = Selector.open();
  private final Deque<Connection> idle = new ArrayDeque<>();
  private final int connections;

  /** Connects. */
  LoadClient(int port, int connections, List<byte[]> images, Listener listener) throws IOException {
    this.port = port;
    this.connections = connections;
    this.requests = images.stream().map(LoadClient::request).toList();
    this.listener = listener;
    for (int i = 0; i < connections; i++) {
      idle.add(connect());
    }
  }

  /** Each client asks again as soon as it is answered; returns how many were sent. */
  int saturate(int seconds) throws IOException {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    int count = 0;
    while (System.nanoTime() < end) {
      while (!idle.isEmpty()) {
        send(count++, System.nanoTime());
      }
      receive(1);
    }
    drain();
    return count;
  }

  /**
   * Sends as many independent people do: with random gaps, by whatever client is free. What finds
   * none free waits for one, and is late by that.
   *
   * @param rate requests a second
   * @return how many were sent
   */
  int send(double rate, int seconds) throws IOException {
    Random random = new Random(1);
    long start = System.nanoTime();
    double due = 0;
    int count = 0;
    while (due < seconds * 1e9) {
      long now = System.nanoTime() - start;
      while (due <= now && due < seconds * 1e9 && !idle.isEmpty()) {
        send(count++, start + (long) due);
        due += -Math.log(1 - random.nextDouble()) / rate * 1e9;
      }
      long left = idle.isEmpty() ? 1 : TimeUnit.NANOSECONDS.toMillis((long) due - now);
      receive(Math.max(1, left));
    }
    drain();
    return count;
  }

  private void drain() throws IOException {
    long end = System.nanoTime() + PATIENCE;
    while (idle.size() < connections && System.nanoTime() < end) {
      receive(1);
    }
  }

  private void send(int number, long due) throws IOException {
    Connection client = idle.removeFirst();
    client.image = number % requests.size();
    client.out = ByteBuffer.wrap(requests.get(client.image));
    client.due = due;
    client.sent = System.nanoTime();
    write(client);
  }

  private void write(Connection client) throws IOException {
    try {
      client.channel.write(client.out);
      client.key.interestOps(
          SelectionKey.OP_READ | (client.out.hasRemaining() ? SelectionKey.OP_WRITE : 0));
    } catch (IOException e) {
      end(client, 0, ByteBuffer.allocate(0));
    }
  }

  private void receive(long millis) throws IOException {
    selector.select(millis);
    for (SelectionKey key : selector.selectedKeys()) {
      Connection client = (Connection) key.attachment();
      if (key.isValid() && key.isReadable()) {
        read(client);
      }
      if (key.isValid() && key.isWritable() && client.out.hasRemaining()) {
        write(client);
      }
    }
    selector.selectedKeys().clear();
  }

  private void read(Connection client) throws IOException {
    int count;
    try {
      count = client.channel.read(client.in);
    } catch (IOException e) {
      count = -1;
    }
    if (count < 0) {
      end(client, 0, ByteBuffer.allocate(0));
      return;
    }
    String text =
        new String(
            client.in.array(), 0, Math.min(client.in.position(), 512), StandardCharsets.ISO_8859_1);
    int head = text.indexOf("\r\n\r\n") + 4;
    if (head < 4) {
      return;
    }
    String lower = text.substring(0, head).toLowerCase(java.util.Locale.ROOT);
    int at = lower.indexOf(LENGTH);
    if (at < 0) {
      throw new IOException("answer: expected a Content-Length, found " + lower);
    }
    int length =
        Integer.parseInt(lower.substring(at + LENGTH.length(), lower.indexOf('\r', at)).trim());
    if (client.in.position() >= head + length) {
      int status = Integer.parseInt(text.substring(9, 12));
      end(client, status, ByteBuffer.wrap(client.in.array(), head, length));
    }
  }

  /** Tells of the end and makes the client free; a broken connection is replaced. */
  private void end(Connection client, int status, ByteBuffer body) throws IOException {
    long now = System.nanoTime();
    listener.ended(client.image, status, body, now - client.due, now - client.sent);
    client.in.clear();
    if (status == 0) {
      client.channel.close();
      idle.addLast(connect());
    } else {
      idle.addLast(client);
    }
  }

  private Connection connect() throws IOException {
    SocketChannel channel =
        SocketChannel.open(new InetSocketAddress(InetAddress.getLoopbackAddress(), port));
    channel.configureBlocking(false);
    SelectionKey key = channel.register(selector, SelectionKey.OP_READ);
    Connection client = new Connection(channel, key);
    key.attach(client);
    return client;
  }

  private static byte[] request(byte[] image) {
    byte[] head =
        ("POST /v1/embed HTTP/1.1\r\nHost: localhost\r\nContent-Length: "
                + image.length
                + "\r\n\r\n")
            .getBytes(StandardCharsets.US_ASCII);
    byte[] all = Arrays.copyOf(head, head.length + image.length);
    System.arraycopy(image, 0, all, head.length, image.length);
    return all;
  }

  @Override
  public void close() throws IOException {
    for (SelectionKey key : selector.keys()) {
      key.channel().close();
    }
    selector.close();
  }
}
