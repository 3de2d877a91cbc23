import de.bwaldvogel.mongo.MongoServer;
import de.bwaldvogel.mongo.MongoVersion;
import de.bwaldvogel.mongo.backend.memory.MemoryBackend;
import java.util.List;

/** Speaks MongoDB's protocol on a loopback port and keeps what it is told in memory: StandIn PORT. */
public final class StandIn {
  /** What clients are told: the driver wants wire version 9 at least. */
  private static final MongoVersion VERSION =
      new MongoVersion() {
        @Override
        public int getWireVersion() {
          return 9;
        }

        @Override
        public List<Integer> getVersionArray() {
          return List.of(5, 0, 0, 0);
        }

        @Override
        public String toVersionString() {
          return "5.0.0";
        }
      };

  public static void main(String[] args) {
    MemoryBackend backend = new MemoryBackend();
    backend.version(VERSION);
    MongoServer server = new MongoServer(backend);
    Runtime.getRuntime().addShutdownHook(new Thread(server::shutdownNow));
    try {
      server.bind("127.0.0.1", Integer.parseInt(args[0])); // its threads go on
    } catch (RuntimeException e) {
      e.printStackTrace();
      System.exit(1);
    }
  }

  private StandIn() {}
}
