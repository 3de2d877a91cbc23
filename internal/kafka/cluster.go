package kafka

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kadm"
	"github.com/twmb/franz-go/pkg/kgo"
)

// What a cluster needs so that no acknowledged record is lost with one broker,
// and none is refused because one is down.
const (
	safeReplicas = 3
	safeInSync   = 2
)

// Weakness is a property of a cluster by which acknowledged records may be lost,
// or writes stop, when one broker fails.
type Weakness struct {
	Setting string   // such as min.insync.replicas
	Found   string   // its value
	Topics  []string // that have it; empty: the cluster
	Why     string   // what it may lead to
	Fix     string
}

// String is one line for people.
func (w Weakness) String() string {
	where := ""
	if len(w.Topics) > 0 {
		where = " of " + strings.Join(w.Topics, ", ")
	}
	return fmt.Sprintf("%s%s is %s: %s", w.Setting, where, w.Found, w.Why)
}

// Weaknesses checks the cluster and the topics of ours that are there. A cluster
// of one broker has that weakness alone. What the cluster does not let us read is
// trusted.
func Weaknesses(ctx context.Context, cfg Config, extra ...kgo.Opt) ([]Weakness, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	metadata, err := admin.Metadata(ctx, slices.Concat(partitioned, single)...)
	if err != nil {
		return nil, fmt.Errorf("kafka: describe cluster: %w", err)
	}
	if n := len(metadata.Brokers); n == 1 {
		return []Weakness{{
			Setting: "the number of brokers", Found: "1",
			Why: "a lost disk is lost data", Fix: "use a cluster of 3 brokers or more in production",
		}}, nil
	}
	copies := map[string]int{}
	for topic, d := range metadata.Topics {
		if d.Err == nil {
			copies[topic] = d.Partitions.NumReplicas()
		}
	}
	if len(copies) == 0 {
		return nil, nil // asking for the settings of no topic means all of them
	}
	described, err := admin.DescribeTopicConfigs(ctx, slices.Sorted(maps.Keys(copies))...)
	if err != nil {
		return nil, fmt.Errorf("kafka: describe cluster: %w", err)
	}
	found := weaknesses{}
	for topic, n := range copies {
		found.copies(topic, n)
	}
	for _, d := range described {
		if d.Err != nil {
			continue
		}
		for _, c := range d.Configs {
			found.setting(d.Name, copies[d.Name], c.Key, c.MaybeValue())
		}
	}
	return found.list(), nil
}

// weaknesses are found topic by topic; topics with the same one share it.
type weaknesses map[string]*Weakness

func (w weaknesses) add(topic, setting, value, why, fix string) {
	key := setting + "=" + value
	if w[key] == nil {
		w[key] = &Weakness{Setting: setting, Found: value, Why: why, Fix: fix}
	}
	w[key].Topics = append(w[key].Topics, topic)
}

func (w weaknesses) copies(topic string, n int) {
	if n < safeReplicas {
		w.add(topic, "replication factor", strconv.Itoa(n), "records may be lost with a broker",
			fmt.Sprintf("kafka-reassign-partitions.sh with %d replicas for each partition", safeReplicas))
	}
}

func (w weaknesses) setting(topic string, copies int, key, value string) {
	alter := func(want string) string {
		return fmt.Sprintf("kafka-configs.sh --alter --entity-type topics --entity-name TOPIC --add-config %s=%s", key, want)
	}
	switch key {
	case "min.insync.replicas":
		n, err := strconv.Atoi(value)
		switch {
		case err != nil:
		case n < safeInSync:
			w.add(topic, key, value, "a record may be acknowledged that a single broker holds", alter(strconv.Itoa(safeInSync)))
		case n >= copies:
			w.add(topic, key, value, fmt.Sprintf("with %d copies no write succeeds while one broker is down", copies), alter(strconv.Itoa(safeInSync)))
		}
	case "unclean.leader.election.enable":
		if value == "true" {
			w.add(topic, key, value, "a broker that lacks acknowledged records may become leader", alter("false"))
		}
	}
}

func (w weaknesses) list() []Weakness {
	var list []Weakness
	for _, key := range slices.Sorted(maps.Keys(w)) {
		slices.Sort(w[key].Topics)
		list = append(list, *w[key])
	}
	return list
}

// StableMembers returns how many members of group have shared its partitions among
// themselves: 0 while they are about to, or if there is no such group.
func StableMembers(ctx context.Context, cfg Config, group string, extra ...kgo.Opt) (int, error) {
	client, err := cfg.client(extra...)
	if err != nil {
		return 0, err
	}
	defer client.Close()
	groups, err := kadm.NewClient(client).DescribeGroups(ctx, group)
	if err != nil {
		return 0, fmt.Errorf("kafka: describe group %s: %w", group, err)
	}
	if described := groups[group]; described.State == "Stable" {
		return len(described.Members), nil
	}
	return 0, nil
}

// DropTopics deletes every topic of ours and the given consumer groups, with all
// that they hold. What is not there is no error.
func DropTopics(ctx context.Context, cfg Config, groups []string, extra ...kgo.Opt) error {
	client, err := cfg.client(extra...)
	if err != nil {
		return err
	}
	defer client.Close()
	admin := kadm.NewClient(client)
	details, err := topicDetails(ctx, admin)
	if err != nil {
		return err
	}
	var names []string
	for _, d := range details.Sorted() {
		if d.Err == nil {
			names = append(names, d.Topic)
		}
	}
	if len(names) > 0 {
		deleted, err := admin.DeleteTopics(ctx, names...)
		if err == nil {
			err = deleted.Error()
		}
		if err != nil {
			return fmt.Errorf("kafka: delete topics on %s: %w", cfg.name(), err)
		}
	}
	if len(groups) > 0 {
		if _, err := admin.DeleteGroups(ctx, groups...); err != nil {
			return fmt.Errorf("kafka: delete groups on %s: %w", cfg.name(), err)
		}
	}
	return nil
}
