package api

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
)

// Source is who sends events over HTTP: a write key.
type Source struct {
	ID         string         `json:"id" doc:"Of the write key; every event has it as its source."`
	Name       string         `json:"name" doc:"What the key is for."`
	Accepted   int64          `json:"accepted" doc:"Events that are in the log, since the start of the collectors that run now, as the following."`
	Other      int64          `json:"other" doc:"Of them, those of names that are none of ours: they are kept in the lake only."`
	Rejected   []RejectedPart `json:"rejected" nullable:"false" doc:"Events that became dead letters, by reason."`
	Duplicates *int64         `json:"duplicates" doc:"Events, of the accepted ones, that the stream had seen before; null if no stream worker runs."`
	Retries    int64          `json:"retries" doc:"Requests that the client says it sends again."`
	PerSecond  *float64       `json:"per_second" doc:"Events, accepted and rejected, since somebody looked before; null at the first look."`
	Limit      *int64         `json:"limit" doc:"Events a second that the key may send; null: as many as it sends."`
	LastSeen   *time.Time     `json:"last_seen" doc:"When it last sent something, through other processes too, of which a minute may be missing; null: never."`
}

// RejectedPart is how many events of a source were refused for a reason.
type RejectedPart struct {
	Reason string `json:"reason"`
	Events int64  `json:"events"`
}

// Sources are who sends events over HTTP, by name.
type Sources struct {
	Sources []Source `json:"sources" nullable:"false"`
}

func (a *API) addSources() {
	op := huma.Operation{
		OperationID: "ops-sources", Method: http.MethodGet, Path: "/api/v1/ops/sources",
		Summary:     "Who sends events over HTTP, and what became of them",
		Description: "The write keys, with what all collectors and APIs of the installation took from each; each says every two seconds.",
	}
	rate, twice, limit, at := 12.5, int64(31), int64(500), a.local(exampleNow-240)
	operate(a, op, Sources{Sources: []Source{{
		ID: "7hk2p9qrst", Name: "web shop", Accepted: 91_002, Other: 4_411, Rejected: []RejectedPart{{string(event.BadAmount), 12}},
		Duplicates: &twice, Retries: 3, PerSecond: &rate, Limit: &limit, LastSeen: &at,
	}}}, func(ctx context.Context, _ *struct{}) (seen[Sources], error) {
		if a.deps.Operations.Sources == nil {
			return seen[Sources]{}, unknownHere("what shops send", ofTheCollector)
		}
		found, err := a.deps.Operations.Sources(ctx)
		if err != nil {
			return seen[Sources]{}, fmt.Errorf("api: sources: %w", err)
		}
		for i := range found {
			if at := found[i].LastSeen; at != nil {
				local := at.In(a.zone)
				found[i].LastSeen = &local
			}
		}
		return seen[Sources]{data: Sources{Sources: append([]Source{}, found...)}}, nil
	})
}
