package globalmart.spark;

import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.explode;
import static org.apache.spark.sql.functions.max;
import static org.apache.spark.sql.functions.min;
import static org.apache.spark.sql.functions.sum;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.PreparedStatement;
import java.sql.ResultSet;
import java.sql.SQLException;
import java.sql.Statement;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.storage.StorageLevel;

/**
 * The tables of a PostgreSQL. What a batch adds and which records it is of are one transaction, so
 * each record counts once, whatever fails: a batch that Spark does again is known by its records.
 */
final class Tables {
  private static final int ROWS_AT_A_TIME = 10_000;
  private static final List<String> SALES_KEY = List.of("minute", "hour", "country", "category");

  private final Database database;
  private final String schema;

  Tables(String url, String schema) {
    this.database = new Database(url, schema);
    this.schema = schema;
  }

  /** Makes what is missing of the tables, like those of `globalmart migrate`. */
  Void prepare() throws SQLException {
    try (Connection connection = database.connect();
        Statement statement = connection.createStatement()) {
      connection.setAutoCommit(false);
      statement.execute(sql("prepare").replace("SCHEMA_NAME", schema));
      connection.commit();
    }
    return null;
  }

  /** Writes what a batch adds, or nothing if that was done. */
  void write(Dataset<Row> batch, long id) throws SQLException {
    batch.persist(StorageLevel.MEMORY_AND_DISK());
    try (Connection connection = database.connect()) {
      connection.setAutoCommit(false);
      List<Row> reads = reads(batch);
      Log log = new Log(connection);
      if (log.isNew(id, reads)) {
        writeSales(connection, sales(batch));
        writeSessions(connection, batch);
        log.advance(id, reads);
      }
      connection.commit();
    } finally {
      batch.unpersist();
    }
  }

  /** What was read of each topic-partition. */
  private static List<Row> reads(Dataset<Row> batch) {
    return batch
        .filter(col("read").isNotNull())
        .select("read.*")
        .groupBy("topic", "part")
        .agg(
            sum("applied").as("applied"), sum("duplicate").as("duplicate"), sum("dead").as("dead"),
            sum("too_old").as("too_old"), min("first").as("first"), max("last").as("last"), max("newest").as("newest"))
        .collectAsList();
  }

  /** Sums of sales, small beside what they are of. */
  private static List<Row> sales(Dataset<Row> batch) {
    Column[] key = SALES_KEY.stream().map(name -> col(name.equals("category") ? "line.category" : name)).toArray(Column[]::new);
    List<Column> sums = Records.MEASURES.stream().map(name -> sum("line." + name).as(name)).toList();
    return batch
        .filter(col("sale").isNotNull())
        .select(col("sale.minute"), col("sale.hour"), col("sale.country"), explode(col("sale.lines")).as("line"))
        .groupBy(key)
        .agg(sums.get(0), sums.subList(1, sums.size()).toArray(Column[]::new))
        .collectAsList();
  }

  private static void writeSales(Connection connection, List<Row> rows) throws SQLException {
    List<String> types = new ArrayList<>(List.of("int8", "int8", "text", "text"));
    Records.MEASURES.forEach(measure -> types.add("int8"));
    for (String statement : List.of("add_minute_country", "add_minute_category", "add_hour")) {
      execute(connection, sql(statement), types, rows);
    }
  }

  /** Rows that are none any more go first: one of the same key may take their place. */
  private static void writeSessions(Connection connection, Dataset<Row> batch) throws SQLException {
    Map<Boolean, List<Row>> rows =
        batch.filter(col("session").isNotNull()).select("session.*").collectAsList().stream()
            .collect(Collectors.partitioningBy(r -> r.getAs("ended_at") == null));
    execute(connection, sql("delete_session"), List.of("int8", "text"), rows.get(true));
    List<String> types =
        Arrays.stream(Visitors.SESSION.fields()).map(f -> f.dataType().typeName().equals("string") ? "text" : "int8").toList();
    execute(connection, sql("put_session"), types, rows.get(false));
  }

  /** Runs a statement that takes an array for each of the first columns of rows, some at a time. */
  private static void execute(Connection connection, String sql, List<String> types, List<Row> rows) throws SQLException {
    try (PreparedStatement statement = connection.prepareStatement(sql)) {
      for (int from = 0; from < rows.size(); from += ROWS_AT_A_TIME) {
        List<Row> some = rows.subList(from, Math.min(from + ROWS_AT_A_TIME, rows.size()));
        for (int i = 0; i < types.size(); i++) {
          int column = i;
          statement.setArray(i + 1, connection.createArrayOf(types.get(i), some.stream().map(r -> r.get(column)).toArray()));
        }
        statement.executeUpdate();
      }
    }
  }

  /** The statement in a file of sql. */
  private static String sql(String name) {
    try (InputStream in = Tables.class.getResourceAsStream("/sql/" + name + ".sql")) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new IllegalStateException("the jar is damaged: sql/" + name + ".sql", e);
    }
  }

  /** How far the log is read, in a transaction that nobody else has at the same time. */
  private static final class Log {
    private final Connection connection;
    private final Map<String, Long> next = new HashMap<>();
    private final long last;

    private Log(Connection connection) throws SQLException {
      this.connection = connection;
      try (Statement statement = connection.createStatement()) {
        try (ResultSet row = statement.executeQuery(sql("lock_batch"))) {
          row.next();
          last = row.getLong(1);
        }
        try (ResultSet rows = statement.executeQuery(sql("get_offsets"))) {
          while (rows.next()) {
            next.put(rows.getString(1) + "/" + rows.getInt(2), rows.getLong(3));
          }
        }
      }
    }

    /**
     * Says whether a batch is to be written: its records must come right after those that are, or
     * all be among them. Anything else is an error, for it would lose records or count them twice.
     */
    private boolean isNew(long id, List<Row> reads) {
      boolean isNew = id > last;
      for (Row r : reads) {
        long first = r.<Long>getAs("first");
        long end = r.<Long>getAs("last") + 1;
        String where = r.getAs("topic") + "/" + r.getAs("part");
        Long want = next.get(where);
        long dispositions = r.<Long>getAs("applied") + r.<Long>getAs("duplicate") + r.<Long>getAs("dead") + r.<Long>getAs("too_old");
        if (dispositions != end - first) {
          throw new IllegalStateException(
              String.format(
                  "batch %d: of records %d to %d of %s only %d were seen: record times are further out of order than --disorder, so Spark dropped some. "
                      + "Start anew with a larger --disorder, another --checkpoint and another --schema",
                  id, first, end - 1, where, dispositions));
        }
        if (isNew ? want != null && want != first : want == null || want < end) {
          throw new IllegalStateException(
              String.format(
                  "batch %d has records %d to %d of %s, and the tables have those before %s: the checkpoint is not that of these tables, or records were dropped. "
                      + "Start anew with another --checkpoint and another --schema",
                  id, first, end - 1, where, want));
        }
      }
      return isNew;
    }

    private void advance(long id, List<Row> reads) throws SQLException {
      try (PreparedStatement statement = connection.prepareStatement(sql("move_batch"))) {
        statement.setLong(1, id);
        statement.executeUpdate();
      }
      List<String> types = List.of("text", "int4", "int8", "int8", "int8", "int8", "int8", "int8", "int8");
      execute(connection, sql("add_ledger"), types, reads);
      execute(connection, sql("move_offsets"), types, reads);
    }
  }
}
