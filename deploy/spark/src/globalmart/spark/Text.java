package globalmart.spark;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** Texts in the order of their bytes, as everywhere in GlobalMart. */
final class Text {
  private Text() {}

  static int compare(String a, String b) {
    return Arrays.compareUnsigned(a.getBytes(StandardCharsets.UTF_8), b.getBytes(StandardCharsets.UTF_8));
  }
}
