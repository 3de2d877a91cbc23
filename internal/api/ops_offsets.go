package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

type moveOffsetsInput struct {
	RawBody []byte

	Group string `path:"group" maxLength:"255" example:"my-reports" doc:"Name of the group. Nobody may read as a member of it."`
	Body  struct {
		Topic  string `json:"topic" minLength:"1" maxLength:"249" doc:"That the group has read: all of its partitions are moved."`
		To     string `json:"to" enum:"earliest,latest,offset,time" doc:"The first record that is kept; after the last one; an offset; the first record that arrived at a time or later."`
		Offset int64  `json:"offset,omitempty" minimum:"0" doc:"With to=offset: of every partition, or the nearest that it has."`
		Time   string `json:"time,omitempty" maxLength:"64" doc:"With to=time: RFC 3339, or a day of the shop."`
		DryRun bool   `json:"dry_run,omitempty" doc:"Only say where the group would go on."`
	}
}

func (in *moveOffsetsInput) about() string {
	return fmt.Sprintf("group %q, topic %q, to %s %d %s, dry run %t", in.Group, in.Body.Topic, in.Body.To, in.Body.Offset, in.Body.Time, in.Body.DryRun)
}

// MovedPartition is where a group goes on in a partition.
type MovedPartition struct {
	Partition int32 `json:"partition"`
	Before    int64 `json:"before" doc:"Offset of the record that it would have read next."`
	Next      int64 `json:"next" doc:"Offset of the record that it reads next."`
}

// MovedOffsets is where a group goes on in a topic.
type MovedOffsets struct {
	Group      string           `json:"group"`
	Topic      string           `json:"topic"`
	DryRun     bool             `json:"dry_run" doc:"Nothing was changed."`
	Partitions []MovedPartition `json:"partitions" nullable:"false"`
}

func (a *API) addMoveOffsets() {
	op := huma.Operation{
		OperationID: "ops-move-offsets", Method: http.MethodPost, Path: "/api/v1/ops/groups/{group}/offsets",
		Summary: "Have a consumer group go on elsewhere",
		Description: "For the groups of other programs: one that is to read a topic again, or to leave out what it cannot read. Only while nobody reads as a member of the group. " +
			"The groups of the platform are refused: their offsets are committed with their results, and to move the one without the other would count twice, or not at all.",
	}
	operate(a, op, MovedOffsets{Group: "my-reports", Topic: event.TopicTransactions, Partitions: []MovedPartition{{0, 22_811, 0}}}, a.moveOffsets)
}

func (a *API) moveOffsets(ctx context.Context, in *moveOffsetsInput) (seen[MovedOffsets], error) {
	var none seen[MovedOffsets]
	if a.deps.Operations.MoveOffsets == nil {
		return none, unknownHere("the log", ofTheLog)
	}
	if err := refuseNull(in.RawBody); err != nil {
		return none, err
	}
	q := kafka.OffsetQuery{Group: in.Group, Topic: in.Body.Topic, To: kafka.Seek(in.Body.To), Offset: in.Body.Offset, DryRun: in.Body.DryRun}
	if q.To == kafka.SeekTime {
		at, err := a.parseTime(in.Body.Time)
		if err != nil {
			return none, invalid(&huma.ErrorDetail{Location: "body.time", Value: in.Body.Time, Message: err.Error()})
		}
		q.Time = at.Std()
	}
	moved, err := a.deps.Operations.MoveOffsets(ctx, q)
	switch {
	case errors.Is(err, kafka.ErrNoGroup):
		return none, huma.Error404NotFound(fmt.Sprintf("There is no group %s that has read a topic %s. GET /api/v1/ops/groups lists them.", in.Group, in.Body.Topic))
	case errors.Is(err, kafka.ErrGroupInUse):
		return none, huma.Error409Conflict(fmt.Sprintf("The group %s has members, which would go on where they are. Stop them first.", in.Group))
	case err != nil:
		return none, fmt.Errorf("api: move offsets: %w", err)
	}
	out := MovedOffsets{Group: in.Group, Topic: in.Body.Topic, DryRun: in.Body.DryRun, Partitions: make([]MovedPartition, len(moved))}
	for i, m := range moved {
		out.Partitions[i] = MovedPartition(m)
	}
	return seen[MovedOffsets]{data: out}, nil
}
