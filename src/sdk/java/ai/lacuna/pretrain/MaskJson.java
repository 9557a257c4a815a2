package ai.lacuna.pretrain;

import ai.lacuna.masking.MaskStrategy;
import ai.lacuna.masking.RatioSchedule;
import com.google.gson.TypeAdapter;
import com.google.gson.stream.JsonReader;
import com.google.gson.stream.JsonWriter;
import java.io.IOException;

/** Masking in JSON: a strategy as its text; a ratio as a number, a ramp as its text. */
final class MaskJson {
  static final TypeAdapter<MaskStrategy> STRATEGY =
      new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, MaskStrategy strategy) throws IOException {
          out.value(strategy.text());
        }

        @Override
        public MaskStrategy read(JsonReader in) throws IOException {
          return MaskStrategy.parse(in.nextString());
        }
      };

  static final TypeAdapter<RatioSchedule> RATIO =
      new TypeAdapter<>() {
        @Override
        public void write(JsonWriter out, RatioSchedule ratio) throws IOException {
          if (ratio instanceof RatioSchedule.Constant constant) {
            out.value(constant.ratio());
          } else {
            out.value(ratio.text());
          }
        }

        @Override
        public RatioSchedule read(JsonReader in) throws IOException {
          return RatioSchedule.parse(in.nextString());
        }
      };

  private MaskJson() {}
}
