package globalmart.spark;

import static org.apache.spark.sql.types.DataTypes.BooleanType;
import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;
import static org.apache.spark.sql.types.DataTypes.TimestampType;

import java.sql.Timestamp;
import java.time.Instant;
import java.time.ZoneId;
import java.time.zone.ZoneOffsetTransition;
import java.time.zone.ZoneRules;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.apache.spark.api.java.function.MapFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;

/** Turns each record of Kafka into a row of what the next steps need of it. */
final class Records implements MapFunction<Row, Row> {
  private static final long serialVersionUID = 1L;
  private static final long MINUTE_MS = 60_000;
  private static final long HOUR_MS = 60 * MINUTE_MS;

  /** The key of records that are no event. No visitor has it. */
  static final String NO_VISITOR = "";

  /** The measures of sales, as the tables name them. */
  static final List<String> MEASURES =
      List.of("orders", "units", "revenue", "refunds", "units_returned", "refunded", "tax", "shipping");

  static final StructType LINE = line();

  static final StructType SCHEMA =
      new StructType()
          .add("topic", StringType)
          .add("part", IntegerType)
          .add("at", LongType) // offset
          .add("received", TimestampType) // what the watermark goes by
          .add("received_ms", LongType)
          .add("visitor", StringType) // NO_VISITOR: no event, and the rest is null
          .add("too_old", BooleanType) // and not sent again by hand
          .add("event_id", StringType)
          .add("order_key", StringType) // empty: no order
          .add("time", LongType)
          .add("within_horizon", BooleanType)
          .add("kind", StringType)
          .add("units", LongType)
          .add("revenue", LongType)
          .add("user", StringType)
          .add("country", StringType)
          .add("device", StringType)
          .add("minute", LongType)
          .add("hour", LongType)
          .add("lines", new ArrayType(LINE, false)); // null: it moves no sales

  private final Definitions definitions;
  private transient ZoneRules zone;

  Records(Definitions definitions) {
    this.definitions = definitions;
  }

  private static StructType line() {
    StructType line = new StructType().add("category", StringType);
    for (String measure : MEASURES) {
      line = line.add(measure, LongType);
    }
    return line;
  }

  @Override
  public Row call(Row record) {
    String topic = record.getAs("topic");
    int part = record.<Integer>getAs("partition");
    long offset = record.<Long>getAs("offset");
    Timestamp received = record.getAs("timestamp");
    try {
      Event e = Decoder.decode(topic, record.getAs("value"), received.getTime());
      boolean within = e.time >= e.received - definitions.horizon();
      boolean tooOld = !within && !record.<Boolean>getAs("redriven");
      boolean sells = e.completed() || e.refunded();
      long units = e.completed() ? e.items.stream().mapToLong(Event.Item::quantity).sum() : 0;
      long revenue = e.completed() ? e.items.stream().mapToLong(Event.Item::base).sum() : 0;
      return RowFactory.create(
          topic, part, offset, received, e.received, e.visitor, tooOld, e.id, e.orderKey(), e.time, within,
          kind(e), units, revenue, e.user, e.country, e.device,
          Math.floorDiv(e.time, MINUTE_MS) * MINUTE_MS, hourOf(e.time), sells ? lines(e) : null);
    } catch (Decoder.Invalid e) {
      return RowFactory.create(
          topic, part, offset, received, received.getTime(), NO_VISITOR, false, null, null, null, null,
          null, null, null, null, null, null, null, null, null);
    }
  }

  /** What an event counts as in a session; empty: as an event and no more. */
  private static String kind(Event e) {
    return switch (e.type) {
      case "product_view" -> "view";
      case "cart_event" -> e.action.equals("add") || e.action.equals("checkout") ? e.action : "";
      default -> e.completed() ? "order" : "";
    };
  }

  private static Row[] lines(Event e) {
    List<Row> lines = new ArrayList<>();
    for (Map.Entry<String, Sales> part : Sales.of(e).entrySet()) {
      Sales s = part.getValue();
      lines.add(
          RowFactory.create(
              part.getKey(), s.orders, s.units, s.revenue, s.refunds, s.unitsReturned, s.refunded, s.tax, s.shipping));
    }
    return lines.toArray(Row[]::new);
  }

  /**
   * The start of the hour of the shop's time zone. Where an offset changes within an hour, the hour
   * is cut there.
   */
  private long hourOf(long time) {
    if (zone == null) {
      zone = ZoneId.of(definitions.timeZone()).getRules();
    }
    Instant at = Instant.ofEpochMilli(time);
    long offset = zone.getOffset(at).getTotalSeconds() * 1000L;
    long start = Math.floorDiv(time + offset, HOUR_MS) * HOUR_MS - offset;
    if (zone.isFixedOffset()) {
      return start;
    }
    ZoneOffsetTransition last = zone.previousTransition(at.plusMillis(1));
    return last == null ? start : Math.max(start, last.toEpochSecond() * 1000);
  }
}
