package ai.lacuna.data;

import com.google.gson.annotations.SerializedName;

/** How large JPEGs are decoded for training. */
public enum JpegReading {
  /** In full, by the JDK's decoder. */
  @SerializedName("full")
  FULL,
  /** No larger than the crop needs, see {@link ReducedCrop}; other pixels than in full. */
  @SerializedName("reduced")
  REDUCED
}
