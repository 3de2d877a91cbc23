package globalmart.spark;

import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.sql.Connection;
import java.sql.SQLException;
import java.util.Properties;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.postgresql.Driver;

/** A PostgreSQL by the URL that GlobalMart has for it. */
final class Database {
  private static final Pattern URL =
      Pattern.compile("postgres(?:ql)?://(?:([^:@/?#]*)(?::([^@/?#]*))?@)?([^@/?#]+)/([^/?#]+)(?:\\?([^#]*))?");

  private final String address;
  private final Properties properties = new Properties();

  Database(String url, String schema) {
    Matcher m = URL.matcher(url);
    if (!m.matches()) {
      throw new Usage( // it says nothing of the URL: there may be a password in it
          "--store: want postgres://user:password@host:5432/database?sslmode=verify-full, with the characters / : @ ? # % of the password as %2F %3A %40 %3F %23 %25");
    }
    if (m.group(5) != null) {
      for (String parameter : m.group(5).split("&")) {
        String[] pair = parameter.split("=", 2);
        properties.setProperty(decode(pair[0]), pair.length == 2 ? decode(pair[1]) : "");
      }
    }
    if (m.group(1) != null) {
      properties.setProperty("user", decode(m.group(1)));
    }
    if (m.group(2) != null) {
      properties.setProperty("password", decode(m.group(2)));
    }
    properties.setProperty("currentSchema", schema);
    properties.setProperty("targetServerType", "primary");
    properties.setProperty("ApplicationName", "globalmart on spark");
    properties.setProperty("options", "-c synchronous_commit=on");
    properties.setProperty("tcpKeepAlive", "true");
    address = "jdbc:postgresql://" + m.group(3) + "/" + m.group(4);
  }

  private static String decode(String text) {
    return URLDecoder.decode(text.replace("+", "%2B"), StandardCharsets.UTF_8);
  }

  Connection connect() throws SQLException {
    return new Driver().connect(address, properties);
  }
}
