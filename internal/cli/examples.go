package cli

import "strings"

// examples is what a command's help shows below its description: ways to use it,
// each a line of its own.
func examples(lines ...string) string {
	return "Examples:\n\n    " + strings.Join(lines, "\n    ")
}

// Help implements [kong.HelpProvider], as below.
func (*Up) Help() string {
	return examples(
		"globalmart up",
		"globalmart up --data shop --rate business",
		"globalmart up --for 60s --listen 127.0.0.1:0 --kafka-listen 127.0.0.1:0 --operator-listen 127.0.0.1:0 -o json",
		"globalmart up --data retail --rate 0       # only what was imported",
	)
}

// Help shows examples.
func (*Generate) Help() string {
	return examples(
		"globalmart generate --kafka kafka-1:9092 --rate 2000",
		"globalmart generate --start 2026-01-01T00:00:00Z --count 1000000 --seed 7",
		"globalmart generate --for 30s --duplicates 0.01 --corrupt 0.001 --truth truth.jsonl",
	)
}

// Help shows examples.
func (*ImportOnlineRetail) Help() string {
	return "A file that was imported before is recognised, and one that was cut short goes on.\n\n" +
		examples("globalmart import online-retail online_retail.csv.xz --data retail")
}

// Help shows examples.
func (*ImportCDNOW) Help() string {
	return examples("globalmart import cdnow CDNOW_master.txt --data cdnow")
}

// Help shows examples.
func (*ImportJSONL) Help() string {
	return examples("globalmart import jsonl events.jsonl.gz --data shop")
}

// Help shows examples.
func (*Stream) Help() string {
	return "Start as many as the topics have partitions; they share the work.\n\n" +
		examples(
			"globalmart stream --kafka kafka-1:9092,kafka-2:9092 --store 'postgres://globalmart@db/globalmart?sslmode=verify-full'",
			"globalmart stream rebuild --data shop",
		)
}

// Help says what becomes of the tables that are there.
func (*StreamRebuild) Help() string {
	return "For live tables that are damaged, lost, or made under other rules. The log is read from its beginning, what it no longer holds from the lake. " +
		"The new tables take the place of the old ones when they are complete; the old ones are kept beside them. " +
		"Nothing else may use the tables meanwhile. Cut short, it has changed nothing: start it again.\n\n" +
		examples(
			"globalmart stream rebuild --data shop",
			"globalmart stream rebuild --kafka kafka-1:9092 --store sqlite:/var/lib/globalmart/store.db --lake /srv/lake",
		)
}

// Help shows examples.
func (*LakeWrite) Help() string {
	return "It goes on where the lake ends. `globalmart up` writes its own lake; this is for a log on a cluster, or for another lake.\n\n" +
		examples("globalmart lake --kafka kafka-1:9092 --lake /srv/lake")
}

// Help shows examples.
func (*LakeAcceptLoss) Help() string {
	return "The lake holds every record of the log, without a hole. If the log lost records before they were written, or a file of the lake is gone, its writer or verify says so and names them. " +
		"This accepts it, for good: the writer goes on after them, and verify counts them as lost instead of missing. What the lake has, and what the log still has for it, is refused.\n\n" +
		examples("globalmart lake accept-loss --data shop --topic transactions --partition 2 --first 1200 --last 1899 --note 'disk of 4 May, A. Smith'")
}

// Help says what it does beside answering.
func (*API) Help() string {
	return "Where the log is known, by --kafka or because an `up` runs on the data directory, shops can send events to its address, too: see `collect`.\n\n" + examples("globalmart api --data shop --listen 127.0.0.1:8080")
}

// Help shows examples.
func (*Broker) Help() string {
	return examples("globalmart broker --data shop --kafka-listen 127.0.0.1:9092")
}

// Help shows examples.
func (*TopicsCreate) Help() string {
	return examples("globalmart topics create --kafka kafka-1:9092 --partitions 24")
}

// Help shows examples.
func (*TopicsList) Help() string {
	return examples("globalmart topics list --data shop -o json")
}

// Help shows examples.
func (*Migrate) Help() string {
	return "It runs by itself in up, stream and import; api never changes the schema.\n\n" +
		examples("globalmart migrate --store sqlite:/var/lib/globalmart/store.db", "globalmart migrate --store 'postgres://globalmart@db/globalmart?sslmode=verify-full'")
}

// Help shows examples.
func (*Health) Help() string {
	return examples(
		"globalmart health --data shop",
		"globalmart health --kafka kafka-1:9092 -o json",
		"globalmart health --operator 127.0.0.1:9464      # is this one process well? For containers.",
	)
}

// Help shows examples.
func (*Verify) Help() string {
	return "It works beside a running platform, and on its own when nothing runs.\n\n" +
		examples("globalmart verify --data shop", "globalmart verify --data shop -o json")
}

// Help shows examples.
func (*BenchStream) Help() string { return examples("globalmart bench stream -o json") }

// Help shows examples.
func (*BenchAnomalies) Help() string {
	return examples(
		"globalmart bench anomalies --days 9 --seed 7",
		"globalmart bench anomalies --rules stricter.yaml -o json",
	)
}

// Help shows examples.
func (*Config) Help() string {
	return examples("globalmart config", "GLOBALMART_RATE=max globalmart config up", "globalmart config topics create -o json")
}

// Help shows examples.
func (*AlertsList) Help() string {
	return examples("globalmart alerts list --data shop", "globalmart alerts list --data shop --kind stock --all", "globalmart alerts list --data shop --deliveries")
}

// Help shows examples.
func (*AlertsTest) Help() string {
	return examples("globalmart alerts test --alert-webhook https://example.com/hooks/globalmart")
}
