package globalmart.spark;

import java.util.List;

/** What sales and sessions need of an event. Texts that it does not have are empty. */
final class Event {
  String id;
  String type;
  String visitor;
  String user;
  String country;
  String device;
  long received; // when the log took it, Unix milliseconds
  long time; // its time in all analytics: the shopper's, corrected, never after received

  String action = ""; // of a cart event

  // Of a transaction. Amounts are minor units, base those of the reporting currency.
  String transaction = "";
  String status = "";
  String refund = "";
  List<Item> items = List.of();
  long tax;
  long shipping;
  long baseTotal;

  /** A line of an order. */
  record Item(String category, long quantity, long amount, long base) {}

  boolean completed() {
    return status.equals("completed");
  }

  boolean refunded() {
    return status.equals("refunded");
  }

  /** The second key of an order, by which one that was sent anew under another id is known. */
  String orderKey() {
    return type.equals("transaction") ? transaction + '\0' + status + '\0' + refund : "";
  }
}
