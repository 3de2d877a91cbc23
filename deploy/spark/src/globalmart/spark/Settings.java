package globalmart.spark;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * What the job is told: by --name VALUE, else by GLOBALMART_NAME in the environment, as all of
 * GlobalMart is.
 */
final class Settings {
  private static final Set<String> FLAGS = Set.of("drain", "kafka-tls");
  private static final Set<String> NAMES =
      Set.of(
          "kafka", "kafka-ca", "kafka-cert", "kafka-key", "kafka-user", "kafka-password", "kafka-password-file",
          "kafka-sasl", "store", "checkpoint", "schema", "rules", "disorder", "every", "max-records");

  static final String HELP =
      """
      GlobalMart's sales and sessions on Spark Structured Streaming.

        --kafka HOST:PORT,...        the log; --kafka-tls, --kafka-ca, --kafka-cert, --kafka-key, --kafka-user,
                                     --kafka-password-file and --kafka-sasl as those of globalmart
        --store postgres://...       the database, with the tables of `globalmart migrate`
        --checkpoint DIR             where Spark keeps how far it is, and what is remembered of visitors
        --schema NAME                schema of the tables that are written (spark)
        --rules FILE                 rules.yaml, if it is not the default
        --every TIME                 time between two batches (1s)
        --disorder TIME              how far record times may be out of order over all partitions (30m)
        --max-records N              records of a batch, at most (200000)
        --drain                      end when what the log holds is read

      Each can be in the environment, as GLOBALMART_KAFKA; passwords should be.
      """;

  private final Map<String, String> given = new HashMap<>();
  private final Map<String, String> environment;

  Settings(String[] args, Map<String, String> environment) {
    this.environment = environment;
    for (int i = 0; i < args.length; i++) {
      String[] parts = args[i].split("=", 2);
      String name = parts[0].startsWith("--") ? parts[0].substring(2) : "";
      if (FLAGS.contains(name) && parts.length == 1) {
        given.put(name, "true");
      } else if (NAMES.contains(name) && (parts.length == 2 || i + 1 < args.length)) {
        given.put(name, parts.length == 2 ? parts[1] : args[++i]);
      } else {
        throw new Usage(args[i] + ": no such setting, or it lacks its value; --help lists them");
      }
    }
  }

  private String get(String name, String fallback) {
    String variable = "GLOBALMART_" + name.toUpperCase(Locale.ROOT).replace('-', '_');
    String value = given.getOrDefault(name, environment.getOrDefault(variable, ""));
    return value.isEmpty() ? fallback : value;
  }

  private String need(String name, String wanted) {
    String value = get(name, "");
    if (value.isEmpty()) {
      throw new Usage("--" + name + " is missing: want " + wanted);
    }
    return value;
  }

  boolean drain() {
    return get("drain", "false").equals("true");
  }

  String checkpoint() {
    return need("checkpoint", "a directory that every machine of the cluster reaches");
  }

  String store() {
    return need("store", "the URL of a PostgreSQL, postgres://user:password@host:5432/database");
  }

  /** The schema that is written: never that of `globalmart stream`. */
  String schema() {
    String name = get("schema", "spark");
    if (!name.matches("[a-z_][a-z0-9_]{0,62}") || name.equals("public") || name.equals("mart")) {
      throw new Usage("--schema: " + name + ": want a name of small letters, digits and _, and neither public nor mart, which others write");
    }
    return name;
  }

  long every() {
    return Definitions.millis("--every", get("every", "1s"));
  }

  long disorder() {
    return Definitions.millis("--disorder", get("disorder", "30m"));
  }

  long maxRecords() {
    String text = get("max-records", "200000");
    if (!text.matches("[1-9]\\d{0,8}")) {
      throw new Usage("--max-records: " + text + ": want a number of 1 or more");
    }
    return Long.parseLong(text);
  }

  Definitions definitions() {
    String file = get("rules", "");
    if (file.isEmpty()) {
      return Definitions.DEFAULT;
    }
    try {
      return Definitions.read(Path.of(file));
    } catch (IOException e) {
      throw new Usage("--rules: cannot read " + file + ": " + e.getMessage());
    }
  }

  /** What a client of Kafka is told. */
  Map<String, String> kafka() {
    Map<String, String> kafka = new HashMap<>();
    String brokers = need("kafka", "host:port,... of a Kafka; an embedded broker has a port, too");
    if (brokers.equals("embedded")) {
      throw new Usage("--kafka: embedded: want host:port, which `globalmart up` says of its broker");
    }
    kafka.put("bootstrap.servers", brokers);
    boolean login = !get("kafka-user", "").isEmpty();
    boolean tls = get("kafka-tls", "false").equals("true") || !get("kafka-ca", "").isEmpty() || !get("kafka-cert", "").isEmpty();
    kafka.put("security.protocol", (login ? "SASL_" : "") + (tls ? "SSL" : "PLAINTEXT"));
    if (!get("kafka-ca", "").isEmpty()) {
      kafka.put("ssl.truststore.type", "PEM");
      kafka.put("ssl.truststore.certificates", read("kafka-ca"));
    }
    if (!get("kafka-cert", "").isEmpty()) {
      kafka.put("ssl.keystore.type", "PEM");
      kafka.put("ssl.keystore.certificate.chain", read("kafka-cert"));
      kafka.put("ssl.keystore.key", read("kafka-key"));
    }
    if (login) {
      login(kafka);
    }
    return kafka;
  }

  private void login(Map<String, String> kafka) {
    String mechanism = get("kafka-sasl", "scram-sha-512").toUpperCase(Locale.ROOT);
    if (!List.of("PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512").contains(mechanism)) {
      throw new Usage("--kafka-sasl: " + mechanism + ": want plain, scram-sha-256 or scram-sha-512");
    }
    String password = get("kafka-password-file", "").isEmpty()
        ? need("kafka-password", "the password of --kafka-user, in GLOBALMART_KAFKA_PASSWORD")
        : read("kafka-password-file").stripTrailing();
    String module = mechanism.equals("PLAIN") ? "plain.PlainLoginModule" : "scram.ScramLoginModule";
    kafka.put("sasl.mechanism", mechanism);
    kafka.put(
        "sasl.jaas.config",
        "org.apache.kafka.common.security." + module + " required username=" + quoted(get("kafka-user", "")) + " password=" + quoted(password) + ";");
  }

  private static String quoted(String text) {
    return '"' + text.replace("\\", "\\\\").replace("\"", "\\\"") + '"';
  }

  private String read(String name) {
    String file = need(name, "a file");
    try {
      return Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new Usage("--" + name + ": cannot read " + file + ": " + e.getMessage());
    }
  }
}
