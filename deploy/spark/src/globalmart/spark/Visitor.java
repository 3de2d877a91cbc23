package globalmart.spark;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** What is remembered of one visitor: what came, and what is stored. Times are Unix milliseconds. */
final class Visitor {
  /** The form of the bytes. A state of another one cannot be gone on with. */
  private static final int FORM = 1;

  /** Ids of events and orders by topic, with the time at which the log took them. */
  final HashMap<String, Long> seen = new HashMap<>();

  /** The events that a session may still change by, in the order of time. */
  final ArrayList<Touch> touches = new ArrayList<>();

  /** The start of the run that the first of them belongs to. */
  long run;

  /** The sessions whose rows are stored, by their start. */
  final HashMap<Long, Stored> stored = new HashMap<>();

  /** One event, as far as sessions need it. */
  record Touch(long time, String kind, long units, long revenue, String user, String country, String device) {}

  /** By what it is known whether a stored session is as it was: of one visitor these say all. */
  record Stored(long end, int events) {}

  /** A session: touches[from:to]. Its run is known from its start and the gap on. */
  record Piece(int from, int to, long run, long start, long end) {
    int events() {
      return to - from;
    }
  }

  /** Remembers an id, and says whether it is new. */
  boolean isNew(String id, long received) {
    return seen.putIfAbsent(id, received) == null;
  }

  /** Adds an event where its time says. */
  void add(Touch t) {
    int at = touches.size();
    while (at > 0 && touches.get(at - 1).time > t.time) {
      at--;
    }
    if (at == 0) {
      run = touches.isEmpty() ? t.time : Math.min(run, t.time);
    }
    touches.add(at, t);
  }

  /**
   * Cuts the touches into sessions: at pauses as long as the gap, and what has none for the longest
   * session at multiples of that from its start.
   */
  List<Piece> pieces(Definitions d) {
    List<Piece> pieces = new ArrayList<>();
    long run = this.run;
    for (int from = 0; from < touches.size(); ) {
      long start = touches.get(from).time;
      if (from > 0 && start - touches.get(from - 1).time >= d.gap()) {
        run = start;
      }
      long bound = bound(run, start, d);
      int to = from + 1;
      while (to < touches.size() && touches.get(to).time - touches.get(to - 1).time < d.gap() && touches.get(to).time < bound) {
        to++;
      }
      pieces.add(new Piece(from, to, run, start, touches.get(to - 1).time));
      from = to;
    }
    return pieces;
  }

  private static long bound(long run, long at, Definitions d) {
    return run + ((at - run) / d.longest() + 1) * d.longest();
  }

  /**
   * Forgets what no event can change that is yet to come, none of which is of before since: sessions
   * at the front that are stored, and ids.
   */
  void forget(long since, long idsSince, Definitions d) {
    List<Piece> pieces = pieces(d);
    int gone = 0;
    for (int i = 0; i < pieces.size(); i++) {
      Piece p = pieces.get(i);
      boolean goesOn = i + 1 < pieces.size() && pieces.get(i + 1).run == p.run;
      boolean settled = goesOn ? bound(p.run, p.start, d) <= since : p.end + d.gap() <= since;
      if (!settled || !stored.containsKey(p.start)) {
        break;
      }
      stored.remove(p.start);
      gone = p.to;
      run = i + 1 < pieces.size() ? pieces.get(i + 1).run : 0;
    }
    touches.subList(0, gone).clear();
    seen.values().removeIf(at -> at < idsSince);
  }

  boolean isForgotten() {
    return touches.isEmpty() && seen.isEmpty();
  }

  /** The latest time at which an id came; 0 if there is none. */
  long newestId() {
    return seen.values().stream().mapToLong(Long::longValue).max().orElse(0);
  }

  /** The starts of stored sessions that are not what they were. */
  List<Long> retracted(List<Piece> pieces) {
    Map<Long, Piece> now = new HashMap<>();
    for (Piece p : pieces) {
      now.put(p.start, p);
    }
    List<Long> gone = new ArrayList<>();
    stored.forEach(
        (start, was) -> {
          Piece p = now.get(start);
          if (p == null || p.end != was.end || p.events() != was.events) {
            gone.add(start);
          }
        });
    return gone;
  }

  byte[] toBytes() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(FORM);
      out.writeLong(run);
      out.writeInt(seen.size());
      for (Map.Entry<String, Long> id : seen.entrySet()) {
        out.writeUTF(id.getKey());
        out.writeLong(id.getValue());
      }
      out.writeInt(touches.size());
      for (Touch t : touches) {
        out.writeLong(t.time);
        out.writeUTF(t.kind);
        out.writeLong(t.units);
        out.writeLong(t.revenue);
        out.writeUTF(t.user);
        out.writeUTF(t.country);
        out.writeUTF(t.device);
      }
      out.writeInt(stored.size());
      for (Map.Entry<Long, Stored> s : stored.entrySet()) {
        out.writeLong(s.getKey());
        out.writeLong(s.getValue().end);
        out.writeInt(s.getValue().events);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e); // memory does not fail
    }
    return bytes.toByteArray();
  }

  static Visitor fromBytes(byte[] bytes) {
    Visitor v = new Visitor();
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int form = in.readByte();
      if (form != FORM) {
        throw new IllegalStateException("the checkpoint is of another version of this job (form " + form + ", want " + FORM + "): start anew with another --checkpoint and --schema");
      }
      v.run = in.readLong();
      for (int n = in.readInt(); n > 0; n--) {
        v.seen.put(in.readUTF(), in.readLong());
      }
      for (int n = in.readInt(); n > 0; n--) {
        v.touches.add(
            new Touch(in.readLong(), in.readUTF(), in.readLong(), in.readLong(), in.readUTF(), in.readUTF(), in.readUTF()));
      }
      for (int n = in.readInt(); n > 0; n--) {
        v.stored.put(in.readLong(), new Stored(in.readLong(), in.readInt()));
      }
    } catch (IOException e) {
      throw new UncheckedIOException("the state of a visitor is damaged", e);
    }
    return v;
  }
}
