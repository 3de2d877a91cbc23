package globalmart.spark;

import java.math.BigInteger;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What an order or a refund adds to sales: once for each category in it, and once as a whole. */
final class Sales {
  static final String ALL_CATEGORIES = "";
  private static final String UNCATEGORISED = "uncategorised";

  long orders;
  long units;
  long revenue;
  long refunds;
  long unitsReturned;
  long refunded;
  long tax;
  long shipping;

  /**
   * Splits a completed or refunded order by category, with the whole of it under {@link
   * #ALL_CATEGORIES}. Tax and shipping are what base_total has beyond the lines, in the proportion
   * of the order's own, and shared over the lines by what they came to.
   */
  static Map<String, Sales> of(Event e) {
    long[] bases = e.items.stream().mapToLong(Event.Item::base).toArray();
    long[] extras = share(e.baseTotal - Arrays.stream(bases).sum(), new long[] {e.tax, e.shipping});
    long[] tax = share(extras[0], bases);
    long[] shipping = share(extras[1], bases);
    Map<String, Sales> split = new LinkedHashMap<>();
    Sales whole = new Sales();
    for (int i = 0; i < bases.length; i++) {
      String category = e.items.get(i).category();
      Sales part = split.computeIfAbsent(category.isEmpty() ? UNCATEGORISED : category, name -> new Sales());
      for (Sales s : List.of(part, whole)) {
        s.add(e, e.items.get(i), tax[i], shipping[i]);
      }
    }
    split.put(ALL_CATEGORIES, whole);
    return split;
  }

  private void add(Event e, Event.Item line, long tax, long shipping) {
    if (e.refunded()) {
      refunds = 1;
      unitsReturned += line.quantity();
      refunded += line.base();
      this.tax -= tax;
      this.shipping -= shipping;
      return;
    }
    orders = 1;
    units += line.quantity();
    revenue += line.base();
    this.tax += tax;
    this.shipping += shipping;
  }

  /**
   * Shares total, 0 or more, in proportion to weights by the method of largest remainders, the
   * lower index first among equals. Without any positive weight the first part gets all.
   */
  static long[] share(long total, long[] weights) {
    long[] parts = new long[weights.length];
    BigInteger sum = BigInteger.valueOf(Arrays.stream(weights).sum()); // 2,000 amounts fit
    if (sum.signum() == 0) {
      parts[0] = total;
      return parts;
    }
    BigInteger[] rests = new BigInteger[weights.length];
    long left = total;
    for (int i = 0; i < weights.length; i++) {
      BigInteger[] cut = BigInteger.valueOf(total).multiply(BigInteger.valueOf(weights[i])).divideAndRemainder(sum);
      parts[i] = cut[0].longValueExact();
      rests[i] = cut[1];
      left -= parts[i];
    }
    Integer[] order = new Integer[weights.length];
    Arrays.setAll(order, i -> i);
    Arrays.sort(order, Comparator.comparing((Integer i) -> rests[i]).reversed()); // stable
    for (int i = 0; i < left; i++) {
      parts[order[i]]++;
    }
    return parts;
  }
}
