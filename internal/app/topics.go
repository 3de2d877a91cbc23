package app

import (
	"context"

	"globalmart/internal/console"
	"globalmart/internal/kafka"
)

// clusterPartitions is the partition count of the topics on a cluster.
const clusterPartitions = 12

// TopicsCreate creates what is missing of the topics and checks the rest.
func TopicsCreate(ctx context.Context, env Env, o TopicsOptions) error {
	p, err := open(ctx, env, o.Source, "topics", nil)
	if err != nil {
		return err
	}
	defer p.close()
	plan := kafka.TopicPlan{Partitions: o.Partitions, Exact: o.Partitions > 0, Replicas: o.Replication}
	if !plan.Exact {
		plan.Partitions = p.partitions()
	}
	if err := kafka.CreateTopics(ctx, p.kafka, plan); err != nil {
		return p.kafkaFault(err)
	}
	if err := p.checkCluster(ctx); err != nil {
		return err
	}
	return p.showTopics(ctx)
}

// partitions is the default partition count of the platform's topics.
func (p *platform) partitions() int {
	if p.src.Kafka == embeddedKafka {
		return embeddedPartitions
	}
	return clusterPartitions
}

// TopicsList shows the topics with their size.
func TopicsList(ctx context.Context, env Env, o TopicsOptions) error {
	if err := needData(o.Source); err != nil {
		return err
	}
	p, err := open(ctx, env, o.Source, "topics", nil)
	if err != nil {
		return err
	}
	defer p.close()
	return p.showTopics(ctx)
}

func (p *platform) showTopics(ctx context.Context) error {
	list, err := kafka.ListTopics(ctx, p.kafka)
	if err != nil {
		return p.kafkaFault(err)
	}
	return p.env.Show(list, func() console.Grid {
		g := console.Grid{Header: []string{"topic", "partitions", "records"}}
		for _, t := range list {
			g.Rows = append(g.Rows, []any{t.Topic, t.Partitions, t.Records})
		}
		return g
	})
}

// Migrate brings the schema of the live tables up to date.
func Migrate(ctx context.Context, env Env, src Source) error {
	p := &platform{env: env, src: src}
	name, err := p.storeName()
	if err != nil {
		return err
	}
	from, to, err := p.migrateStore(ctx)
	if err != nil {
		return err
	}
	done := struct {
		Store string `json:"store"`
		From  int64  `json:"from_version"`
		To    int64  `json:"to_version"`
	}{name, from, to}
	return env.Show(done, func() console.Grid {
		return console.Grid{Header: []string{"store", "from version", "to version"}, Rows: [][]any{{name, from, to}}}
	})
}
