package globalmart.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.expr;

import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.apache.kafka.clients.admin.Admin;
import org.apache.spark.SparkConf;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.api.java.function.VoidFunction2;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.streaming.GroupStateTimeout;
import org.apache.spark.sql.streaming.OutputMode;
import org.apache.spark.sql.streaming.StreamingQueryException;
import org.apache.spark.sql.streaming.Trigger;

/** GlobalMart's sales and sessions as a job of Spark Structured Streaming. */
public final class Job {
  private static final List<String> TOPICS = List.of("transactions", "product_views", "cart_events");
  private static final long PATIENCE_MS = TimeUnit.MINUTES.toMillis(10);

  private Job() {}

  /** Runs the job until it is killed; with --drain until the log is read. */
  public static void main(String[] args) throws Exception {
    if (List.of(args).contains("--help")) {
      System.out.print(Settings.HELP);
      return;
    }
    try {
      run(new Settings(args, System.getenv()));
    } catch (Usage e) {
      fail(2, e);
    } catch (StreamingQueryException e) {
      Throwable why = e;
      while (why.getCause() != null) { // Spark wraps what a batch has failed by
        why = why.getCause();
      }
      fail(1, why);
    }
  }

  private static void fail(int code, Throwable why) {
    System.err.println("globalmart on spark: " + why.getMessage());
    System.exit(code);
  }

  private static void run(Settings settings) throws Exception {
    Map<String, String> kafka = settings.kafka();
    Tables tables = new Tables(settings.store(), settings.schema());
    String checkpoint = settings.checkpoint();
    Trigger trigger = settings.drain() ? Trigger.AvailableNow() : Trigger.ProcessingTime(settings.every());
    try (SparkSession spark = session()) {
      await("the topics of `globalmart topics create`", () -> topicsAreThere(kafka));
      await("the tables of `globalmart migrate`", tables::prepare);
      System.err.println("globalmart on spark: reading; the UI is at " + spark.sparkContext().uiWebUrl().getOrElse(() -> "(none)"));
      query(spark, settings, kafka)
          .writeStream()
          .queryName("sales and sessions")
          .outputMode(OutputMode.Update())
          .option("checkpointLocation", checkpoint)
          .trigger(trigger)
          .foreachBatch((VoidFunction2<Dataset<Row>, Long>) tables::write)
          .start()
          .awaitTermination();
    }
  }

  private static SparkSession session() {
    SparkConf conf = new SparkConf();
    conf.setIfMissing("spark.app.name", "GlobalMart sales and sessions");
    conf.setIfMissing("spark.sql.shuffle.partitions", "12"); // a checkpoint keeps those that it began with
    conf.setIfMissing(
        "spark.sql.streaming.stateStore.providerClass",
        "org.apache.spark.sql.execution.streaming.state.RocksDBStateStoreProvider");
    return SparkSession.builder().config(conf).getOrCreate();
  }

  /** Each record of the log gets its disposition, in the state of its visitor. */
  private static Dataset<Row> query(SparkSession spark, Settings settings, Map<String, String> kafka) {
    Definitions definitions = settings.definitions();
    Map<String, String> options =
        kafka.entrySet().stream().collect(Collectors.toMap(e -> "kafka." + e.getKey(), Map.Entry::getValue));
    return spark
        .readStream()
        .format("kafka")
        .options(options)
        .option("subscribe", String.join(",", TOPICS))
        .option("startingOffsets", "earliest")
        .option("failOnDataLoss", "true")
        .option("includeHeaders", "true")
        .option("maxOffsetsPerTrigger", settings.maxRecords())
        .load()
        .select(
            col("topic"), col("partition"), col("offset"), col("timestamp"), col("value"),
            expr("coalesce(exists(headers, h -> h.key = 'redriven'), false)").as("redriven"))
        .map(new Records(definitions), Encoders.row(Records.SCHEMA))
        .withWatermark("received", settings.disorder() + " milliseconds")
        .groupByKey((MapFunction<Row, String>) r -> r.getAs("visitor"), Encoders.STRING())
        .flatMapGroupsWithState(
            new Visitors(definitions), OutputMode.Update(), Encoders.BINARY(), Encoders.row(Visitors.SCHEMA),
            GroupStateTimeout.EventTimeTimeout());
  }

  private static Void topicsAreThere(Map<String, String> kafka) throws Exception {
    try (Admin admin = Admin.create(Map.copyOf(kafka))) {
      admin.describeTopics(TOPICS).allTopicNames().get();
    }
    return null;
  }

  /** Tries until check does not fail: what it is about may be starting. */
  private static void await(String what, Callable<Void> check) throws Exception {
    long late = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
    for (boolean told = false; ; told = true) {
      try {
        check.call();
        return;
      } catch (Usage | InterruptedException e) {
        throw e;
      } catch (Exception e) {
        if (System.nanoTime() > late) {
          throw new Usage(what + " are not there: " + e.getMessage());
        }
        if (!told) {
          System.err.println("globalmart on spark: waiting for " + what + ": " + e.getMessage());
        }
        Thread.sleep(1000);
      }
    }
  }
}
