package ai.lacuna.weights;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a Python pickle of protocol 2 as data: an allow-list of operations and globals, and no
 * class is ever loaded. What is not on the lists is refused.
 *
 * <p>The result is made of {@link Map}, {@link List}, {@link Set}, {@link String}, {@link Long},
 * {@link Double}, {@link Boolean}, {@code null} and {@link PickleValue}.
 */
final class Pickle {
  private static final int MAX_OPERATIONS = 1_000_000;
  private static final int MAX_STACK = 10_000;
  private static final int MAX_MEMO = 100_000;
  private static final int MAX_LINE = 1_000;

  /** Bytes of a text: names are short, and settings that are passed over not long. */
  private static final int MAX_TEXT = 1 << 20;

  private final ByteBuffer in;
  private final PickleGlobals globals;
  private final String where;
  private final List<@Nullable Object> stack = new ArrayList<>();
  private final List<Integer> marks = new ArrayList<>();
  private final Map<Integer, @Nullable Object> memo = new HashMap<>();

  private Pickle(ByteBuffer in, PickleGlobals globals, String where) {
    this.in = in;
    this.globals = globals;
    this.where = where;
  }

  /**
   * Reads one pickle.
   *
   * @param bytes where it begins; moved behind its end
   * @param globals what it may name
   * @param where the file's name for messages
   * @return its value
   * @throws WeightsException if it holds something that is not allowed, or is damaged
   */
  static @Nullable Object read(ByteBuffer bytes, PickleGlobals globals, String where) {
    ByteOrder order = bytes.order();
    bytes.order(ByteOrder.LITTLE_ENDIAN);
    try {
      return new Pickle(bytes, globals, where).run();
    } catch (BufferUnderflowException e) {
      throw new WeightsException(
          where + ": expected more bytes, found the end; it is cut short", e);
    } finally {
      bytes.order(order);
    }
  }

  private @Nullable Object run() {
    if ((in.get() & 0xff) != 0x80 || in.get() != 2) {
      throw damaged("expected a pickle of protocol 2, found another beginning");
    }
    for (int count = 0; count < MAX_OPERATIONS; count++) {
      int code = in.get() & 0xff;
      if (code == '.') {
        if (stack.size() != 1 || !marks.isEmpty()) {
          throw damaged("expected one value at the end, found " + stack.size());
        }
        return stack.get(0);
      }
      step(code);
      if (stack.size() > MAX_STACK || marks.size() > MAX_STACK || memo.size() > MAX_MEMO) {
        throw damaged("expected a smaller pickle, found too deep or too many values");
      }
    }
    throw damaged("expected at most " + MAX_OPERATIONS + " operations, found more");
  }

  private void step(int code) {
    switch (code) {
      case '(' -> marks.add(stack.size());
      case 'N' -> push(null);
      case 0x88 -> push(true);
      case 0x89 -> push(false);
      case 'J' -> push((long) in.getInt());
      case 'K' -> push((long) (in.get() & 0xff));
      case 'M' -> push((long) (in.getShort() & 0xffff));
      case 0x8a -> push(number());
      case 'G' -> push(Double.longBitsToDouble(Long.reverseBytes(in.getLong())));
      case 'X' -> push(text(in.getInt()));
      case 'U' -> push(text(in.get() & 0xff));
      case 'c' -> push(globals.find(line(), line()));
      case 'q' -> memo.put(in.get() & 0xff, top());
      case 'r' -> memo.put(in.getInt(), top());
      case 'h' -> push(remembered(in.get() & 0xff));
      case 'j' -> push(remembered(in.getInt()));
      case 'Q' -> push(storage(pop()));
      default -> composite(code);
    }
  }

  private void composite(int code) {
    switch (code) {
      case '}' -> push(new LinkedHashMap<Object, Object>());
      case ']' -> push(new ArrayList<Object>());
      case 0x8f -> push(new LinkedHashSet<Object>());
      case ')' -> push(new PickleValue.Tuple(List.of()));
      case 't' -> push(tuple(sinceMark()));
      case 0x85 -> push(tuple(last(1)));
      case 0x86 -> push(tuple(last(2)));
      case 0x87 -> push(tuple(last(3)));
      case 'a' -> list(last(1));
      case 'e' -> list(sinceMark());
      case 's' -> entries(last(2));
      case 'u' -> entries(sinceMark());
      case 'R', 0x81 -> call();
      case 'b' -> build();
      default ->
          throw new WeightsException(
              "%s: expected an operation that weights need, found 0x%02x at byte %s; %s"
                  .formatted(
                      where,
                      code,
                      in.position() - 1,
                      "it is damaged, or not a file that torch.save writes"));
    }
  }

  private void push(@Nullable Object value) {
    stack.add(value);
  }

  private @Nullable Object top() {
    requireAbove(1);
    return stack.get(stack.size() - 1);
  }

  private @Nullable Object pop() {
    requireAbove(1);
    return stack.remove(stack.size() - 1);
  }

  /** Values below the last mark are out of reach. */
  private void requireAbove(int count) {
    int floor = marks.isEmpty() ? 0 : marks.get(marks.size() - 1);
    if (stack.size() - floor < count) {
      throw damaged("expected " + count + " values, found fewer");
    }
  }

  private List<@Nullable Object> last(int count) {
    requireAbove(count);
    return cut(stack.size() - count);
  }

  private List<@Nullable Object> sinceMark() {
    if (marks.isEmpty()) {
      throw damaged("expected a mark, found none");
    }
    return cut(marks.remove(marks.size() - 1));
  }

  private List<@Nullable Object> cut(int from) {
    List<@Nullable Object> tail = stack.subList(from, stack.size());
    List<@Nullable Object> copy = new ArrayList<>(tail);
    tail.clear();
    return copy;
  }

  @SuppressWarnings("NullAway") // A tuple may hold null, which its reader checks by instanceof.
  private static PickleValue.Tuple tuple(List<@Nullable Object> items) {
    return new PickleValue.Tuple(java.util.Collections.unmodifiableList(items));
  }

  private @Nullable Object remembered(int index) {
    if (!memo.containsKey(index)) {
      throw damaged("expected a value remembered as " + index + ", found none");
    }
    return memo.get(index);
  }

  private long number() {
    int length = in.get() & 0xff;
    if (length > Long.BYTES) {
      throw damaged("expected an integer of at most 8 bytes, found " + length);
    }
    long value = 0;
    for (int i = 0; i < length; i++) {
      long part = i == length - 1 ? in.get() : in.get() & 0xff;
      value |= part << (8 * i);
    }
    return value;
  }

  private String text(int length) {
    if (length < 0 || length > in.remaining()) {
      throw damaged("expected a text within the file, found a length of " + (length & 0xffffffffL));
    }
    if (length > MAX_TEXT) {
      throw damaged("expected texts of at most 1 MB, found one of " + length + " bytes");
    }
    ByteBuffer part = in.slice(in.position(), length);
    in.position(in.position() + length);
    try {
      return StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPORT)
          .decode(part)
          .toString();
    } catch (CharacterCodingException e) {
      throw new WeightsException(where + ": expected text in UTF-8, found other bytes", e);
    }
  }

  private String line() {
    StringBuilder line = new StringBuilder();
    for (int c = in.get(); c != '\n'; c = in.get()) {
      if (c < ' ' || line.length() >= MAX_LINE) {
        throw damaged("expected the name of a global, found other bytes");
      }
      line.append((char) c);
    }
    return line.toString();
  }

  private void list(List<@Nullable Object> items) {
    Object target = top();
    if (!(target instanceof ArrayList<?>)) {
      throw damaged("expected a list to append to, found another value");
    }
    @SuppressWarnings("unchecked") // Lists are made here only.
    List<@Nullable Object> list = (List<@Nullable Object>) target;
    list.addAll(items);
  }

  private void entries(List<@Nullable Object> items) {
    Object target = top();
    if (!(target instanceof LinkedHashMap<?, ?>) || items.size() % 2 != 0) {
      throw damaged("expected a map and pairs to put into it, found other values");
    }
    @SuppressWarnings("unchecked") // Maps are made here only.
    Map<@Nullable Object, @Nullable Object> map = (Map<@Nullable Object, @Nullable Object>) target;
    for (int i = 0; i < items.size(); i += 2) {
      Object key = items.get(i);
      if (!(key instanceof String
          || key instanceof Long
          || key instanceof Double
          || key instanceof Boolean)) {
        throw damaged("expected a text or a number as a key, found another value");
      }
      if (map.containsKey(key)) {
        throw damaged(
            "expected each key once, found again " + PickleGlobals.printable(String.valueOf(key)));
      }
      map.put(key, items.get(i + 1));
    }
  }

  private void call() {
    Object args = pop();
    Object callee = pop();
    if (!(args instanceof PickleValue.Tuple tuple) || callee == null) {
      throw damaged("expected arguments of a call, found another value");
    }
    push(globals.call(callee, tuple.items()));
  }

  /** State of a map ({@code _metadata} of a state dict) or of an opaque object: passed over. */
  private void build() {
    Object state = pop();
    Object target = top();
    boolean known = target instanceof Map<?, ?> || target instanceof PickleValue.Opaque;
    if (!known || !(state instanceof Map<?, ?>)) {
      throw damaged("expected the state of a map, found another value");
    }
  }

  private PickleValue.Storage storage(@Nullable Object id) {
    if (id instanceof PickleValue.Tuple tuple) {
      List<Object> items = tuple.items();
      boolean whole =
          (items.size() == 5 || (items.size() == 6 && items.get(5) == null))
              && "storage".equals(items.get(0))
              && items.get(1) instanceof PickleValue.StorageType
              && items.get(2) instanceof String
              && items.get(4) instanceof Long;
      if (whole && (Long) items.get(4) >= 0 && (Long) items.get(4) < Long.MAX_VALUE / 8) {
        PickleValue.StorageType type = (PickleValue.StorageType) items.get(1);
        return new PickleValue.Storage(type.type(), (String) items.get(2), (Long) items.get(4));
      }
    }
    throw damaged("expected the id of a storage, found another value");
  }

  private WeightsException damaged(String what) {
    return new WeightsException(
        "%s: %s, at byte %s of its pickle; it is damaged or not a PyTorch checkpoint"
            .formatted(where, what, in.position()));
  }
}
