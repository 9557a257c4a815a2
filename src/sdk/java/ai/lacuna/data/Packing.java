package ai.lacuna.data;

/**
 * How data is packed into shards.
 *
 * @param shardImages the most images of a shard
 * @param shardBytes a shard ends before it has more bytes, unless one image has
 * @param side images are shrunk with bicubic kernels so that their shorter side is this long,
 *     smaller ones stay as they are; 0 to leave all as they are
 * @param quality of JPEG, 1 to 100; 0 to keep the files of images that are not shrunk, and write
 *     all others as PNG, which loses nothing
 * @param labelled whether labels are packed
 * @param maxCorrupt the greatest share of damaged images, which are left out, 0 to 1
 */
public record Packing(
    int shardImages, long shardBytes, int side, int quality, boolean labelled, double maxCorrupt) {
  private static final int SHARD_IMAGES = 10_000;
  private static final long SHARD_BYTES = 1_000_000_000;
  private static final int MOST_QUALITY = 100;

  /** Checks ranges. */
  public Packing {
    require(shardImages >= 1, "at least 1 image in a shard", shardImages);
    require(shardBytes >= 1, "at least 1 byte in a shard", shardBytes);
    require(side >= 0, "a side of at least 0", side);
    require(quality >= 0 && quality <= MOST_QUALITY, "a quality of 0 to 100", quality);
    require(maxCorrupt >= 0 && maxCorrupt <= 1, "a share of 0 to 1", maxCorrupt);
  }

  private static void require(boolean holds, String expected, Object found) {
    if (!holds) {
      throw new IllegalArgumentException(
          "packing: expected %s, found %s".formatted(expected, found));
    }
  }

  /**
   * Packs images as they are, with labels: 10,000 or a gigabyte in a shard, no damaged one.
   *
   * @return the usual way
   */
  public static Packing asIs() {
    return new Packing(SHARD_IMAGES, SHARD_BYTES, 0, 0, true, 0);
  }

  /**
   * Changes the size of shards.
   *
   * @param images the most images of one
   * @param bytes the most bytes of one
   * @return a changed copy
   */
  public Packing withShards(int images, long bytes) {
    return new Packing(images, bytes, side, quality, labelled, maxCorrupt);
  }

  /**
   * Shrinks images.
   *
   * @param shorterSide the most pixels of the shorter side; 0 to leave all as they are
   * @return a changed copy
   */
  public Packing withSide(int shorterSide) {
    return new Packing(shardImages, shardBytes, shorterSide, quality, labelled, maxCorrupt);
  }

  /**
   * Writes JPEG.
   *
   * @param percent 1 to 100; 0 for files as they are, or PNG
   * @return a changed copy
   */
  public Packing withQuality(int percent) {
    return new Packing(shardImages, shardBytes, side, percent, labelled, maxCorrupt);
  }

  /**
   * Leaves labels out.
   *
   * @return a changed copy
   */
  public Packing withoutLabels() {
    return new Packing(shardImages, shardBytes, side, quality, false, maxCorrupt);
  }

  /**
   * Leaves damaged images out.
   *
   * @param share the most of them, 0 to 1
   * @return a changed copy
   */
  public Packing withMaxCorrupt(double share) {
    return new Packing(shardImages, shardBytes, side, quality, labelled, share);
  }
}
