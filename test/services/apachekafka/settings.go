package apachekafka

import (
	"fmt"
	"path/filepath"
	"strings"

	"globalmart/test/services/host"
)

// settings are the broker's. What is not here is Kafka's default.
func (b *Broker) settings(controller string, c host.Certificates) []byte {
	jaas := "org.apache.kafka.common.security"
	lines := []string{
		"process.roles=broker,controller",
		"node.id=1",
		"controller.quorum.voters=1@" + controller,
		"controller.listener.names=CONTROLLER",
		"listeners=" + strings.Join([]string{
			"PLAIN://" + b.Plain, "PASSWORD://" + b.Password, "MUTUAL://" + b.Mutual, "CONTROLLER://" + controller,
		}, ","),
		"inter.broker.listener.name=PLAIN",
		"listener.security.protocol.map=PLAIN:PLAINTEXT,PASSWORD:SASL_SSL,MUTUAL:SSL,CONTROLLER:PLAINTEXT",
		"log.dirs=" + filepath.Join(b.dir, "log"),

		"ssl.keystore.type=PEM",
		"ssl.keystore.location=" + c.Server,
		"ssl.truststore.type=PEM",
		"ssl.truststore.location=" + c.CA,
		"listener.name.mutual.ssl.client.auth=required",
		"listener.name.password.sasl.enabled.mechanisms=SCRAM-SHA-256,SCRAM-SHA-512,PLAIN",
		fmt.Sprintf(`listener.name.password.plain.sasl.jaas.config=%s.plain.PlainLoginModule required user_%s="%s";`, jaas, b.Username, b.Secret),
		fmt.Sprintf("listener.name.password.scram-sha-256.sasl.jaas.config=%s.scram.ScramLoginModule required;", jaas),
		fmt.Sprintf("listener.name.password.scram-sha-512.sasl.jaas.config=%s.scram.ScramLoginModule required;", jaas),

		// One node has one copy.
		"offsets.topic.replication.factor=1",
		"transaction.state.log.replication.factor=1",
		"transaction.state.log.min.isr=1",
		// A topic that is missing is a mistake.
		"auto.create.topics.enable=false",
		// Quick and small: tests make and delete many topics and groups.
		"offsets.topic.num.partitions=4",
		"transaction.state.log.num.partitions=4",
		"group.initial.rebalance.delay.ms=0",
		"log.segment.delete.delay.ms=1000",
		"log.cleaner.dedupe.buffer.size=4194304",
		"num.network.threads=2",
		"num.io.threads=4",
	}
	return []byte(strings.Join(lines, "\n") + "\n")
}
