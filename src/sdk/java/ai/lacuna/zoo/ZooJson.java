package ai.lacuna.zoo;

import com.google.gson.FieldNamingPolicy;
import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.Strictness;
import com.google.gson.TypeAdapter;
import com.google.gson.TypeAdapterFactory;
import com.google.gson.annotations.SerializedName;
import com.google.gson.reflect.TypeToken;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Records as JSON objects: names in snake case, enums in lower case, every component present and
 * nothing else.
 */
final class ZooJson {
  private static final FieldNamingPolicy NAMING = FieldNamingPolicy.LOWER_CASE_WITH_UNDERSCORES;

  private static final Gson GSON =
      new GsonBuilder()
          .setFieldNamingPolicy(NAMING)
          .setPrettyPrinting()
          .disableHtmlEscaping()
          .setStrictness(Strictness.STRICT)
          .registerTypeAdapterFactory(new CompleteRecords())
          .registerTypeAdapterFactory(new LowerCaseEnums())
          .create();

  private ZooJson() {}

  /**
   * Reads a record.
   *
   * @param where the file's name for messages
   */
  static <T extends Record> T read(String json, Class<T> type, String where) {
    try {
      T value = GSON.fromJson(json, type);
      if (value == null) {
        throw new ZooException(where + ": expected a JSON object, found nothing");
      }
      return value;
    } catch (ZooException e) {
      throw e;
    } catch (RuntimeException e) {
      // Gson wraps what a record's constructor throws, and that may have a cause of its own.
      throw new ZooException(where + ": " + reason(e), e);
    }
  }

  /** Writes a record, indented, with a newline at the end. */
  static String write(Record value) {
    return GSON.toJson(value) + "\n";
  }

  /** The words of Lacuna's own refusal, if there is one, else of whatever failed first. */
  private static String reason(Throwable e) {
    Throwable deepest = e;
    for (Throwable cause = e; cause != null; cause = cause.getCause()) {
      if (cause instanceof IllegalArgumentException) {
        return String.valueOf(cause.getMessage());
      }
      deepest = cause;
    }
    return deepest instanceof NullPointerException
        ? "expected a value everywhere, found null in a list"
        : String.valueOf(deepest.getMessage());
  }

  private static String jsonName(Field field) {
    SerializedName name = field.getAnnotation(SerializedName.class);
    return name == null ? NAMING.translateName(field) : name.value();
  }

  /** Refuses objects that lack a component, or hold something that is none. */
  private static final class CompleteRecords implements TypeAdapterFactory {
    @Override
    public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      if (!Record.class.isAssignableFrom(type.getRawType())) {
        return null;
      }
      String record = type.getRawType().getSimpleName();
      Set<String> names = new LinkedHashSet<>();
      Arrays.stream(type.getRawType().getRecordComponents())
          .map(component -> declaredField(type.getRawType(), component.getName()))
          .forEach(field -> names.add(jsonName(field)));
      TypeAdapter<T> delegate = gson.getDelegateAdapter(this, type);
      TypeAdapter<JsonElement> elements = gson.getAdapter(JsonElement.class);
      return new TypeAdapter<T>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          JsonElement tree = delegate.toJsonTree(value);
          if (tree instanceof JsonObject object) {
            AbsentFields.leaveOut(type.getRawType(), object);
          }
          elements.write(out, tree);
        }

        @Override
        public T read(JsonReader in) throws IOException {
          JsonElement element = elements.read(in);
          if (!(element instanceof JsonObject object)) {
            throw new JsonParseException(record + ": expected an object, found " + element);
          }
          AbsentFields.fill(type.getRawType(), object);
          for (String name : names) {
            if (!object.has(name) || object.get(name).isJsonNull()) {
              throw new JsonParseException(record + ": expected '" + name + "', found none");
            }
          }
          for (String name : object.keySet()) {
            if (!names.contains(name)) {
              throw new JsonParseException(
                  record + ": expected " + names + ", found '" + name + "'");
            }
          }
          return delegate.fromJsonTree(object);
        }
      };
    }

    private static Field declaredField(Class<?> type, String name) {
      try {
        return type.getDeclaredField(name);
      } catch (NoSuchFieldException e) {
        throw new IllegalStateException("a record has a field for each component", e);
      }
    }
  }

  /** {@code SIN_COS} is written {@code "sin_cos"}. */
  private static final class LowerCaseEnums implements TypeAdapterFactory {
    @Override
    public <T> @Nullable TypeAdapter<T> create(Gson gson, TypeToken<T> type) {
      Class<? super T> raw = type.getRawType();
      if (!raw.isEnum()) {
        return null;
      }
      return new TypeAdapter<T>() {
        @Override
        public void write(JsonWriter out, T value) throws IOException {
          out.value(((Enum<?>) value).name().toLowerCase(Locale.ROOT));
        }

        @Override
        public T read(JsonReader in) throws IOException {
          String found = in.nextString();
          for (Object constant : raw.getEnumConstants()) {
            if (((Enum<?>) constant).name().toLowerCase(Locale.ROOT).equals(found)) {
              @SuppressWarnings("unchecked") // A constant of T's own class.
              T value = (T) constant;
              return value;
            }
          }
          throw new JsonParseException(
              "expected one of "
                  + Arrays.toString(raw.getEnumConstants()).toLowerCase(Locale.ROOT)
                  + ", found '"
                  + found
                  + "'");
        }
      };
    }
  }
}
