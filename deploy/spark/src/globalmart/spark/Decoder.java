package globalmart.spark;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.OffsetDateTime;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads events of the three topics of shoppers. It takes and refuses what GlobalMart's own decoder
 * does; the schemas in docs/schemas say what that is. It does not say why a record is refused.
 */
final class Decoder {
  private static final int MAX_RECORD_BYTES = 512 << 10;
  private static final int MAX_DEPTH = 8;
  private static final int MAX_ITEMS = 2000;
  private static final long MAX_QUANTITY = 1_000_000_000L;
  private static final long MAX_SKEW_MS = 600_000;
  private static final long MAX_AHEAD_MS = 300_000;
  private static final long FIRST_TIMESTAMP = 946_684_800_000L; // 2000-01-01
  private static final long MAX_AMOUNT = 1_000_000_000_000_000L;

  private static final Pattern RFC_3339 =
      Pattern.compile("(\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d)(\\.\\d+)?(Z|[+-]\\d\\d:\\d\\d)");
  private static final Pattern VERSION = Pattern.compile("1\\.(0|[1-9][0-9]*)");
  private static final Pattern COUNTRY = Pattern.compile("[A-Z]{2}");
  private static final Pattern CURRENCY = Pattern.compile("[A-Z]{3}");
  private static final Set<String> STATUSES =
      Set.of("completed", "failed", "pending", "cancelled", "refunded");
  private static final Set<String> ACTIONS = Set.of("add", "remove", "update", "clear", "checkout");

  private static final ObjectMapper JSON =
      JsonMapper.builder(
              JsonFactory.builder()
                  .streamReadConstraints(
                      StreamReadConstraints.builder()
                          .maxNestingDepth(MAX_DEPTH)
                          .maxStringLength(MAX_RECORD_BYTES)
                          .build())
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .enable(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY)
          .build();

  /** A record that is no event. */
  static final class Invalid extends Exception {
    private static final long serialVersionUID = 1L;

    Invalid(String what) {
      super(what, null, false, false); // many come, and nobody reads where from
    }
  }

  private Decoder() {}

  /** Reads a record of a topic that the log dates received, Unix milliseconds. */
  static Event decode(String topic, byte[] record, long received) throws Invalid {
    JsonNode o = parse(record);
    checkVersion(o);
    String type = text(o, "event_type", 32, true);
    if (!topic.equals(topicOf(type))) {
      throw new Invalid("event_type");
    }
    Event e = new Event();
    e.received = received;
    e.type = type;
    common(o, e);
    switch (type) {
      case "transaction" -> transaction(o, e);
      case "cart_event" -> cartEvent(o, e);
      default -> productView(o);
    }
    return e;
  }

  private static String topicOf(String type) {
    return switch (type) {
      case "transaction" -> "transactions";
      case "product_view" -> "product_views";
      case "cart_event" -> "cart_events";
      default -> "";
    };
  }

  private static JsonNode parse(byte[] record) throws Invalid {
    if (record == null || record.length > MAX_RECORD_BYTES) {
      throw new Invalid("size");
    }
    try {
      String text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(record)).toString();
      JsonNode o = JSON.readTree(text);
      if (!o.isObject()) {
        throw new Invalid("not an object");
      }
      return o;
    } catch (CharacterCodingException | JsonProcessingException e) {
      throw new Invalid("not JSON");
    }
  }

  private static void checkVersion(JsonNode o) throws Invalid {
    JsonNode version = present(o, "schema_version");
    if (version != null && !(version.isTextual() && VERSION.matcher(version.textValue()).matches())) {
      throw new Invalid("schema_version");
    }
  }

  private static void common(JsonNode o, Event e) throws Invalid {
    e.id = id(o, "event_id", 100, true);
    e.visitor = id(o, "visitor_id", 64, true);
    e.user = id(o, "user_id", 100, false);
    id(o, "session_id", 100, false);
    text(o, "source", 64, false);
    text(o, "received_at", MAX_RECORD_BYTES, false);
    e.country = matching(o, "country", COUNTRY, false);
    e.device = text(o, "device", 32, false);
    long skew = integer(o, "clock_skew_ms", false);
    between("clock_skew_ms", skew, -MAX_SKEW_MS, MAX_SKEW_MS);
    long timestamp = time(text(o, "timestamp", 64, true));
    if (timestamp < FIRST_TIMESTAMP || e.received < FIRST_TIMESTAMP || timestamp > e.received + MAX_AHEAD_MS - skew) {
      throw new Invalid("timestamp");
    }
    e.time = Math.min(timestamp + skew, e.received);
  }

  private static void productView(JsonNode o) throws Invalid {
    id(o, "product_id", 100, true);
    text(o, "category", 256, false);
    text(o, "referrer", 256, false);
    amount(o, "unit_price_minor", false);
  }

  private static void cartEvent(JsonNode o, Event e) throws Invalid {
    id(o, "cart_id", 100, true);
    e.action = oneOf(o, "action", ACTIONS);
    id(o, "product_id", 100, !e.action.equals("clear") && !e.action.equals("checkout"));
    text(o, "category", 256, false);
    amount(o, "unit_price_minor", false);
    between("quantity", integer(o, "quantity", false), e.action.equals("update") ? -MAX_QUANTITY : 0, MAX_QUANTITY);
  }

  private static void transaction(JsonNode o, Event e) throws Invalid {
    e.transaction = id(o, "transaction_id", 100, true);
    e.status = oneOf(o, "status", STATUSES);
    e.refund = id(o, "refund_id", 100, e.status.equals("refunded"));
    id(o, "cart_id", 100, false);
    text(o, "payment_method", 32, false);
    matching(o, "currency", CURRENCY, true);
    JsonNode restock = present(o, "restock");
    if (restock != null && !restock.isBoolean()) {
      throw new Invalid("restock");
    }
    e.items = items(o, e.status);
    e.tax = amount(o, "tax_minor", false);
    e.shipping = amount(o, "shipping_minor", false);
    e.baseTotal = amount(o, "base_total_minor", true);
    checkSums(o, e);
  }

  private static List<Event.Item> items(JsonNode o, String status) throws Invalid {
    JsonNode all = present(o, "items");
    if (all == null || !all.isArray() || all.size() > MAX_ITEMS) {
      throw new Invalid("items");
    }
    if (all.isEmpty() && (status.equals("completed") || status.equals("refunded"))) {
      throw new Invalid("items");
    }
    List<Event.Item> items = new ArrayList<>(all.size());
    for (JsonNode item : all) {
      if (!item.isObject()) {
        throw new Invalid("items");
      }
      id(item, "product_id", 100, true);
      amount(item, "unit_price_minor", false);
      amount(item, "discount_minor", false);
      long quantity = integer(item, "quantity", true);
      between("quantity", quantity, 1, MAX_QUANTITY);
      items.add(
          new Event.Item(
              text(item, "category", 256, false),
              quantity,
              amount(item, "amount_minor", true),
              amount(item, "base_amount_minor", true)));
    }
    return items;
  }

  /** The amounts of an order agree. */
  private static void checkSums(JsonNode o, Event e) throws Invalid {
    long subtotal = amount(o, "subtotal_minor", true);
    long total = subtotal - amount(o, "discount_minor", false) + e.shipping + e.tax;
    long lines = 0;
    long base = 0;
    for (Event.Item item : e.items) {
      lines += item.amount();
      base += item.base();
    }
    boolean extras = e.shipping + e.tax > 0;
    if (lines != subtotal || total != amount(o, "total_minor", true) || base > e.baseTotal || !extras && base != e.baseTotal) {
      throw new Invalid("amounts");
    }
  }

  /** The member of that name, or null if there is none; null counts as none. */
  private static JsonNode present(JsonNode o, String name) {
    JsonNode value = o.get(name);
    return value == null || value.isNull() ? null : value;
  }

  private static String text(JsonNode o, String name, int max, boolean required) throws Invalid {
    JsonNode value = present(o, name);
    if (value != null && !value.isTextual()) {
      throw new Invalid(name);
    }
    String text = value == null ? "" : value.textValue();
    boolean fits = text.length() * 3 <= max || text.getBytes(StandardCharsets.UTF_8).length <= max;
    if (required && text.isEmpty() || !fits || text.indexOf('\0') >= 0) {
      throw new Invalid(name);
    }
    return text;
  }

  private static String id(JsonNode o, String name, int max, boolean required) throws Invalid {
    String text = text(o, name, max, required);
    for (int i = 0; i < text.length(); i++) {
      if (text.charAt(i) < 0x20 || text.charAt(i) == 0x7f) {
        throw new Invalid(name);
      }
    }
    return text;
  }

  private static String matching(JsonNode o, String name, Pattern pattern, boolean required) throws Invalid {
    String text = text(o, name, 8, required);
    if (!text.isEmpty() && !pattern.matcher(text).matches()) {
      throw new Invalid(name);
    }
    return text;
  }

  private static String oneOf(JsonNode o, String name, Set<String> values) throws Invalid {
    String text = text(o, name, 32, true);
    if (!values.contains(text)) {
      throw new Invalid(name);
    }
    return text;
  }

  private static long integer(JsonNode o, String name, boolean required) throws Invalid {
    JsonNode value = present(o, name);
    if (value == null && !required) {
      return 0;
    }
    if (value == null || !value.isIntegralNumber() || !value.canConvertToLong()) {
      throw new Invalid(name);
    }
    return value.longValue();
  }

  private static long amount(JsonNode o, String name, boolean required) throws Invalid {
    long value = integer(o, name, required);
    between(name, value, 0, MAX_AMOUNT);
    return value;
  }

  private static void between(String name, long value, long least, long most) throws Invalid {
    if (value < least || value > most) {
      throw new Invalid(name);
    }
  }

  /** The instant of an RFC 3339 timestamp, cut to milliseconds. */
  private static long time(String text) throws Invalid {
    Matcher m = RFC_3339.matcher(text);
    if (!m.matches()) {
      throw new Invalid("timestamp");
    }
    try {
      long seconds = OffsetDateTime.parse(m.group(1) + m.group(3)).toEpochSecond();
      return seconds * 1000 + millis(m.group(2));
    } catch (DateTimeException e) {
      throw new Invalid("timestamp");
    }
  }

  /** The first three digits of a fraction such as .5, which may be null. */
  private static long millis(String fraction) {
    if (fraction == null) {
      return 0;
    }
    return Long.parseLong((fraction + "00").substring(1, 4));
  }
}
