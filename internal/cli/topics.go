package cli

import (
	"context"
	"fmt"

	"globalmart/internal/app"
)

// Topics is `globalmart topics`.
type Topics struct {
	Create TopicsCreate `cmd:"" help:"Create what is missing; what exists is only checked."`
	List   TopicsList   `cmd:"" help:"List the topics with their partitions and records."`
}

// TopicsCreate is `globalmart topics create`.
type TopicsCreate struct {
	source
	Partitions  int `default:"0" placeholder:"N" help:"Partitions of a topic; 0 = 4 embedded, 12 on a cluster. They can never be changed later."`
	Replication int `default:"0" placeholder:"N" help:"Copies of each partition; 0 = 1 embedded, 3 on a cluster."`
}

// Validate is called by kong.
func (c *TopicsCreate) Validate() error {
	if c.Partitions < 0 {
		return fmt.Errorf("--partitions: %d: want 0 or more", c.Partitions)
	}
	if c.Replication < 0 {
		return fmt.Errorf("--replication: %d: want 0 or more", c.Replication)
	}
	return nil
}

// Run creates the topics.
func (c *TopicsCreate) Run(ctx context.Context, in *invocation) error {
	return app.TopicsCreate(ctx, in.env(), app.TopicsOptions{
		Source:      c.source.options(),
		Partitions:  c.Partitions,
		Replication: c.Replication,
	})
}

// TopicsList is `globalmart topics list`.
type TopicsList struct {
	source
}

// Run lists the topics.
func (c *TopicsList) Run(ctx context.Context, in *invocation) error {
	return app.TopicsList(ctx, in.env(), app.TopicsOptions{Source: c.source.options()})
}
