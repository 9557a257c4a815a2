package ai.lacuna.examples.spark;

import ai.lacuna.serving.Bundle;
import ai.lacuna.serving.BundleException;
import java.io.File;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import org.apache.hadoop.fs.Path;
import org.apache.spark.SparkFiles;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SaveMode;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * Embeds images with Spark: {@code spark-submit ... SparkEmbed BUNDLE.zip INPUT OUTPUT}.
 *
 * <p>INPUT is a folder of image files or of WebDataset's tar shards, OUTPUT a folder of Parquet
 * with {@code path}, {@code embedding} and, of an image that cannot be read, {@code error}. A task
 * that fails is run again by Spark and gives the same rows; Spark's committer keeps those of one
 * attempt. The bundle travels to the executors as a file, and each opens it once.
 */
public final class SparkEmbed {
  private static final StructType SCHEMA =
      new StructType()
          .add("path", DataTypes.StringType, false)
          .add("embedding", DataTypes.createArrayType(DataTypes.FloatType, false), true)
          .add("error", DataTypes.StringType, true);

  private SparkEmbed() {}

  /**
   * Prints how many images were embedded, and how many could not be read; exit code 2: it failed.
   */
  public static void main(String[] args) {
    if (args.length != 3) {
      System.err.println("usage: SparkEmbed BUNDLE.zip INPUT OUTPUT");
      System.exit(2);
    }
    int code;
    try (SparkSession spark = SparkSession.builder().appName("lacuna-embed").getOrCreate()) {
      code = run(spark, args, System.out, System.err);
    }
    if (code != 0) { // YARN takes any System.exit in a driver for a failure.
      System.exit(code);
    }
  }

  static int run(SparkSession spark, String[] args, PrintStream out, PrintStream err) {
    try {
      long started = System.nanoTime();
      run(spark, args[0], args[1], args[2]);
      double seconds = (System.nanoTime() - started) / 1e9;
      Dataset<Row> rows = spark.read().parquet(args[2]);
      long all = rows.count();
      out.printf(
          Locale.ROOT,
          "%d images in %.1f s, %.0f a second; %d could not be read%n",
          all,
          seconds,
          all / seconds,
          rows.where("error is not null").count());
      return 0;
    } catch (Exception e) { // Scala's methods throw checked exceptions without saying so.
      err.println(reason(e));
      return 2;
    }
  }

  /** What went wrong, perhaps in a task, whose own exception lies deep among the causes. */
  private static String reason(Throwable failure) {
    Throwable reason = failure;
    while (reason.getCause() != null
        && !(reason instanceof BundleException || reason instanceof IOException)) {
      reason = reason.getCause();
    }
    return reason.toString().replaceFirst("^[\\w.$]+: ", "").replaceAll("\\s*\\R\\s*", "; ");
  }

  static void run(SparkSession spark, String bundle, String input, String output)
      throws IOException {
    if (qualified(input).startsWith(qualified(output))) {
      throw new IOException(
          output
              + ": expected a folder apart from "
              + input
              + ", as all in it is replaced, found"
              + " one that holds it; choose another");
    }
    spark.sparkContext().addFile(bundle);
    String name = new Path(bundle).getName();
    // Before any task, and before what is in the output's folder goes.
    Bundle.open(new File(SparkFiles.get(name)).toPath());
    Dataset<Row> files =
        spark
            .read()
            .format("binaryFile")
            .option("recursiveFileLookup", "true")
            .load(input)
            // The contents are read by the tasks, so that no shard has to fit into memory.
            .select("path")
            .repartition(4 * spark.sparkContext().defaultParallelism());
    MapPartitionsFunction<Row, Row> embed = paths -> new EmbeddedRows(name, paths);
    files
        .mapPartitions(embed, Encoders.row(SCHEMA))
        .write()
        .mode(SaveMode.Overwrite)
        .parquet(output);
  }

  private static String qualified(String folder) throws IOException {
    Path path = new Path(folder);
    return path.getFileSystem(SparkHadoopUtil.get().conf()).makeQualified(path) + "/";
  }
}
