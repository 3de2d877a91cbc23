package globalmart.spark;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.io.Serializable;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.ZoneId;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the numbers mean: those of GlobalMart's rules that sales and sessions go by. Times are
 * milliseconds.
 */
record Definitions(String timeZone, long horizon, long gap, long longest) implements Serializable {
  static final Definitions DEFAULT = new Definitions("UTC", 7_200_000, 1_800_000, 86_400_000);

  /** How long after its horizon an event may still come again: clocks and the order of a partition. */
  static final long SLACK = 1_800_000;

  private static final Pattern DURATION = Pattern.compile("(?:(\\d+)h)?(?:(\\d+)m)?(?:(\\d+)s)?");

  /** Reads rules.yaml. What it leaves out is the default. */
  static Definitions read(Path file) throws IOException {
    JsonNode rules = new ObjectMapper(new YAMLFactory()).readTree(file.toFile());
    String zone = rules.path("time_zone").asText(DEFAULT.timeZone);
    try {
      ZoneId.of(zone);
    } catch (DateTimeException e) {
      throw new Usage(file + ": time_zone: " + zone + " is no time zone; want one such as Europe/London");
    }
    return new Definitions(
        zone,
        duration(file, rules, "stream", "horizon", DEFAULT.horizon),
        duration(file, rules, "session", "gap", DEFAULT.gap),
        duration(file, rules, "session", "max", DEFAULT.longest));
  }

  private static long duration(Path file, JsonNode rules, String section, String name, long fallback) {
    JsonNode value = rules.path(section).path(name);
    return value.isMissingNode() ? fallback : millis(file + ": " + section + "." + name, value.asText());
  }

  /** Reads a duration such as 1h30m. name is what it is of. */
  static long millis(String name, String text) {
    Matcher m = DURATION.matcher(text);
    if (text.isEmpty() || !m.matches()) {
      throw new Usage(name + ": " + text + ": want a duration such as 1h30m or 90s");
    }
    long seconds = 0;
    for (int unit = 1; unit <= 3; unit++) {
      seconds = seconds * 60 + (m.group(unit) == null ? 0 : Long.parseLong(m.group(unit)));
    }
    return seconds * 1000;
  }
}
