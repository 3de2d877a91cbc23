package api

import (
	"context"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// ConsumerGroup is a group of processes that share the partitions of topics.
type ConsumerGroup struct {
	Group    string  `json:"group"`
	State    string  `json:"state" doc:"As Kafka calls it: Stable, Empty, PreparingRebalance, CompletingRebalance, Dead."`
	Protocol string  `json:"protocol" doc:"How partitions are shared out."`
	Members  int     `json:"members"`
	Lag      int64   `json:"lag" doc:"Records that it has yet to read."`
	Topics   []Lag   `json:"topics" nullable:"false"`
	Share    []Share `json:"share" nullable:"false" doc:"Its members, with what each of them reads."`
}

// Lag is how far a group is behind in a partition.
type Lag struct {
	Topic     string  `json:"topic"`
	Partition int32   `json:"partition"`
	Committed int64   `json:"committed" doc:"Offset of the next record that it reads."`
	EndOffset int64   `json:"end_offset"`
	Lag       *int64  `json:"lag" doc:"null if it is not known."`
	Member    *string `json:"member" doc:"Id of the one who reads it; null: nobody."`
}

// Share is a member of a group.
type Share struct {
	Member     string `json:"member"`
	ClientID   string `json:"client_id"`
	Host       string `json:"host"`
	Partitions int    `json:"partitions"`
}

// ConsumerGroups are the groups, by name.
type ConsumerGroups struct {
	Groups []ConsumerGroup `json:"groups" nullable:"false"`
}

type groupInput struct {
	Group string `path:"group" maxLength:"255" example:"globalmart-stream" doc:"Name of the group."`
}

func (a *API) addGroups() {
	lag, member := int64(3), "globalmart-stream-4f2c"
	example := ConsumerGroup{
		Group: "globalmart-stream", State: "Stable", Protocol: "range", Members: 1, Lag: 3,
		Topics: []Lag{{Topic: event.TopicTransactions, Partition: 0, Committed: 22_808, EndOffset: 22_811, Lag: &lag, Member: &member}},
		Share:  []Share{{Member: member, ClientID: "globalmart-up", Host: "/127.0.0.1", Partitions: 24}},
	}
	list := huma.Operation{
		OperationID: "ops-groups", Method: http.MethodGet, Path: "/api/v1/ops/groups",
		Summary:     "Consumer groups, and how far each is behind",
		Description: "By partition. The offsets of the stream are those of its last commit; it mirrors them to Kafka a little later.",
	}
	operate(a, list, ConsumerGroups{Groups: []ConsumerGroup{example}}, func(ctx context.Context, _ *struct{}) (seen[ConsumerGroups], error) {
		groups, err := a.groups(ctx)
		return seen[ConsumerGroups]{data: ConsumerGroups{Groups: groups}}, err
	})
	one := huma.Operation{
		OperationID: "ops-group", Method: http.MethodGet, Path: "/api/v1/ops/groups/{group}",
		Summary:     "A consumer group",
		Description: "As in the list.",
	}
	operate(a, one, example, func(ctx context.Context, in *groupInput) (seen[ConsumerGroup], error) {
		groups, err := a.groups(ctx)
		if err != nil {
			return seen[ConsumerGroup]{}, err
		}
		for i := range groups {
			if groups[i].Group == in.Group {
				return seen[ConsumerGroup]{data: groups[i]}, nil
			}
		}
		return seen[ConsumerGroup]{}, huma.Error404NotFound(fmt.Sprintf("There is no group %s. GET /api/v1/ops/groups lists them.", in.Group))
	})
}

func (a *API) groups(ctx context.Context) ([]ConsumerGroup, error) {
	if a.deps.Operations.Log == nil {
		return nil, unknownHere("the log", ofTheLog)
	}
	found, err := a.deps.Operations.Log.Groups(ctx)
	if err != nil {
		return nil, fmt.Errorf("api: groups: %w", err)
	}
	out := make([]ConsumerGroup, len(found))
	for i := range found {
		out[i] = groupOf(&found[i])
	}
	return out, nil
}

func groupOf(g *kafka.GroupState) ConsumerGroup {
	out := ConsumerGroup{
		Group: g.Group, State: g.State, Protocol: g.Protocol, Members: len(g.Members), Lag: g.Lag(),
		Topics: []Lag{}, Share: []Share{},
	}
	held := map[string]int{}
	for _, p := range g.Partitions {
		held[p.MemberID]++
		out.Topics = append(out.Topics, Lag{
			Topic: p.Topic, Partition: p.Partition, Committed: p.Committed, EndOffset: p.End, Lag: count(p.Lag), Member: known(p.MemberID),
		})
	}
	for _, m := range g.Members {
		out.Share = append(out.Share, Share{Member: m.ID, ClientID: m.ClientID, Host: m.Host, Partitions: held[m.ID]})
	}
	return out
}
