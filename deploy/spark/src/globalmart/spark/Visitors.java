package globalmart.spark;

import static org.apache.spark.sql.types.DataTypes.IntegerType;
import static org.apache.spark.sql.types.DataTypes.LongType;
import static org.apache.spark.sql.types.DataTypes.StringType;

import globalmart.spark.Visitor.Piece;
import globalmart.spark.Visitor.Touch;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.apache.spark.api.java.function.FlatMapGroupsWithStateFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.streaming.GroupState;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.StructType;

/**
 * Gives each record of a visitor its disposition, and makes sales and sessions of those that are
 * applied. What it says follows from the set of a visitor's events; only when a session is written
 * depends on the watermark: once it is at rest.
 */
final class Visitors implements FlatMapGroupsWithStateFunction<String, Row, byte[], Row> {
  private static final long serialVersionUID = 1L;

  /** How many records of a topic-partition were given which disposition, and which they were. */
  static final StructType READ =
      new StructType()
          .add("topic", StringType)
          .add("part", IntegerType)
          .add("applied", LongType)
          .add("duplicate", LongType)
          .add("dead", LongType)
          .add("too_old", LongType)
          .add("first", LongType) // offset
          .add("last", LongType)
          .add("newest", LongType); // record time, Unix milliseconds

  static final StructType SALE =
      new StructType()
          .add("minute", LongType)
          .add("hour", LongType)
          .add("country", StringType)
          .add("lines", new ArrayType(Records.LINE, false));

  /** A row of the table session; without an end there is none under its key. */
  static final StructType SESSION =
      new StructType()
          .add("started_at", LongType)
          .add("visitor_id", StringType)
          .add("ended_at", LongType)
          .add("events", LongType)
          .add("views", LongType)
          .add("adds", LongType)
          .add("checkouts", LongType)
          .add("orders", LongType)
          .add("units", LongType)
          .add("revenue", LongType)
          .add("country", StringType)
          .add("device", StringType)
          .add("user_id", StringType);

  /** One of the three a row. */
  static final StructType SCHEMA = new StructType().add("read", READ).add("sale", SALE).add("session", SESSION);

  private static final String UNKNOWN_COUNTRY = "ZZ";

  private final Definitions definitions;

  Visitors(Definitions definitions) {
    this.definitions = definitions;
  }

  @Override
  public Iterator<Row> call(String visitor, Iterator<Row> records, GroupState<byte[]> state) {
    List<Row> out = new ArrayList<>();
    Visitor v = state.exists() ? Visitor.fromBytes(state.get()) : new Visitor();
    read(v, inOrder(records), out);
    if (visitor.equals(Records.NO_VISITOR)) {
      return out.iterator();
    }
    long watermark = Math.max(0, state.getCurrentWatermarkMs());
    sessions(visitor, v, watermark, out);
    v.forget(watermark - definitions.horizon(), watermark - definitions.horizon() - Definitions.SLACK, definitions);
    if (v.isForgotten()) {
      if (state.exists()) {
        state.remove();
      }
    } else {
      state.update(v.toBytes());
      state.setTimeoutTimestamp(Math.max(next(v) - 1, watermark + 1)); // it comes after the watermark has passed it
    }
    return out.iterator();
  }

  /** Of two records with one id in a topic, the first of the log counts. */
  private static List<Row> inOrder(Iterator<Row> records) {
    List<Row> all = new ArrayList<>();
    records.forEachRemaining(all::add);
    all.sort(Comparator.<Row, String>comparing(r -> r.getAs("topic")).thenComparing(r -> r.<Long>getAs("at")));
    return all;
  }

  /** Gives records their dispositions. */
  private void read(Visitor v, List<Row> records, List<Row> out) {
    Map<String, Count> counts = new TreeMap<>();
    for (Row r : records) {
      String topic = r.getAs("topic");
      int part = r.<Integer>getAs("part");
      Count count = counts.computeIfAbsent(topic + "/" + part, key -> new Count(topic, part));
      count.add(r);
      if (r.getAs("event_id") == null) {
        count.dead++;
      } else if (r.<Boolean>getAs("too_old")) {
        count.tooOld++;
      } else if (isDuplicate(v, topic, r)) {
        count.duplicate++;
      } else {
        count.applied++;
        apply(v, r, out);
      }
    }
    counts.values().forEach(count -> out.add(RowFactory.create(count.row(), null, null)));
  }

  private static boolean isDuplicate(Visitor v, String topic, Row r) {
    long received = r.<Long>getAs("received_ms");
    String order = r.getAs("order_key");
    return !v.isNew(topic + "/" + r.getAs("event_id"), received) || !order.isEmpty() && !v.isNew("order/" + order, received);
  }

  private static void apply(Visitor v, Row r, List<Row> out) {
    String country = r.getAs("country");
    List<Row> lines = r.isNullAt(r.fieldIndex("lines")) ? null : r.getList(r.fieldIndex("lines"));
    if (lines != null) {
      Row sale =
          RowFactory.create(
              r.getAs("minute"), r.getAs("hour"), country.isEmpty() ? UNKNOWN_COUNTRY : country, lines.toArray(Row[]::new));
      out.add(RowFactory.create(null, sale, null));
    }
    if (r.<Boolean>getAs("within_horizon")) { // else what it would belong to may be forgotten
      v.add(
          new Touch(
              r.<Long>getAs("time"), r.getAs("kind"), r.<Long>getAs("units"), r.<Long>getAs("revenue"),
              r.getAs("user"), country, r.getAs("device")));
    }
  }

  /** Takes back what is stored and is none any more, and writes what is at rest. */
  private void sessions(String visitor, Visitor v, long watermark, List<Row> out) {
    List<Piece> pieces = v.pieces(definitions);
    for (long start : v.retracted(pieces)) {
      v.stored.remove(start);
      out.add(RowFactory.create(null, null, RowFactory.create(
          start, visitor, null, null, null, null, null, null, null, null, null, null, null)));
    }
    for (Piece p : pieces) {
      if (p.end() + definitions.gap() <= watermark && !v.stored.containsKey(p.start())) {
        v.stored.put(p.start(), new Visitor.Stored(p.end(), p.events()));
        out.add(RowFactory.create(null, null, row(visitor, p, v.touches.subList(p.from(), p.to()))));
      }
    }
  }

  /** When something is to be done for a visitor without any event: a session rests, or all can be forgotten. */
  private long next(Visitor v) {
    long forget = v.newestId() + definitions.horizon() + Definitions.SLACK + 1;
    long rest = Long.MAX_VALUE;
    for (Piece p : v.pieces(definitions)) {
      long atRest = p.end() + definitions.gap();
      if (v.stored.containsKey(p.start())) {
        forget = Math.max(forget, atRest + definitions.horizon());
      } else {
        rest = Math.min(rest, atRest);
      }
    }
    return Math.min(forget, rest);
  }

  /**
   * The row of a session. The earliest event that says something of country or device counts, of two
   * at one time the smaller text; of the user the latest.
   */
  private static Row row(String visitor, Piece p, List<Touch> touches) {
    long units = 0;
    long revenue = 0;
    String country = "";
    String device = "";
    String user = "";
    long countryAt = 0;
    long deviceAt = 0;
    long userAt = 0;
    for (Touch t : touches) {
      units += t.units();
      revenue += t.revenue();
      if (!t.country().isEmpty() && (country.isEmpty() || t.time() == countryAt && t.country().compareTo(country) < 0)) {
        country = t.country();
        countryAt = t.time();
      }
      if (!t.device().isEmpty() && (device.isEmpty() || t.time() == deviceAt && Text.compare(t.device(), device) < 0)) {
        device = t.device();
        deviceAt = t.time();
      }
      if (!t.user().isEmpty() && (user.isEmpty() || t.time() > userAt || Text.compare(t.user(), user) < 0)) {
        user = t.user();
        userAt = t.time();
      }
    }
    return RowFactory.create(
        p.start(), visitor, p.end(), (long) touches.size(), count(touches, "view"), count(touches, "add"),
        count(touches, "checkout"), count(touches, "order"), units, revenue, country, device, user);
  }

  private static long count(List<Touch> touches, String kind) {
    return touches.stream().filter(t -> t.kind().equals(kind)).count();
  }

  /** The records of a topic-partition. */
  private static final class Count {
    private final String topic;
    private final int part;
    private long applied;
    private long duplicate;
    private long dead;
    private long tooOld;
    private long first = Long.MAX_VALUE;
    private long last;
    private long newest;

    private Count(String topic, int part) {
      this.topic = topic;
      this.part = part;
    }

    private void add(Row r) {
      first = Math.min(first, r.<Long>getAs("at"));
      last = Math.max(last, r.<Long>getAs("at"));
      newest = Math.max(newest, r.<Long>getAs("received_ms"));
    }

    private Row row() {
      return RowFactory.create(topic, part, applied, duplicate, dead, tooOld, first, last, newest);
    }
  }
}
