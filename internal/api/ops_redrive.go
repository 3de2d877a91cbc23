package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// redriver sends dead letters to their topics again, as events that arrive now.
type redriver interface {
	// Redrive sends each letter whose event would be taken, and says of each of the
	// others why it would not, by an *[event.Invalid] in its place. value, if not nil,
	// takes the place of every letter's own.
	Redrive(ctx context.Context, letters []store.DeadLetter, value []byte) ([]error, error)
}

type redriveOneInput struct {
	RawBody []byte

	ID   string `path:"id" maxLength:"300" example:"transactions-3-22811" doc:"topic-partition-offset of the record that was refused."`
	Body struct {
		Value string `json:"value,omitempty" maxLength:"49152" doc:"The event as it should be, JSON. Absent: as it was, for where what was wrong lay elsewhere, such as a missing exchange rate."`
	}
}

func (in *redriveOneInput) about() string { return in.ID }

type redriveInput struct {
	RawBody []byte
	Body    struct {
		Topic  string `json:"topic,omitempty" enum:"transactions,product_views,cart_events,inventory_updates,products,customers" doc:"Of the records that were refused. Absent: all."`
		Reason string `json:"reason" enum:"bad_json,schema,missing_key,unknown_order,bad_amount,no_rate,bad_timestamp,oversized,unknown_version" doc:"Why they were refused."`
		Limit  int    `json:"limit,omitempty" default:"100" minimum:"1" maximum:"1000" doc:"Letters, at most, those of the newest records first."`
		Cursor string `json:"cursor,omitempty" maxLength:"1024" doc:"next_cursor of the call before."`
	}
}

func (in *redriveInput) about() string {
	return fmt.Sprintf("topic %q, reason %s, at most %d", in.Body.Topic, in.Body.Reason, in.Body.Limit)
}

// RefusedLetter is a letter that was not sent again: it would be refused again.
type RefusedLetter struct {
	ID     string  `json:"id"`
	Reason string  `json:"reason"`
	Field  *string `json:"field"`
	Detail string  `json:"detail"`
}

// Redriven is what became of letters that were to be sent again.
type Redriven struct {
	Sent       []string        `json:"sent" nullable:"false" doc:"Ids of those that were sent: their topics hold them again."`
	Refused    []RefusedLetter `json:"refused" nullable:"false" doc:"Those that would be refused again: they were not sent."`
	NextCursor *string         `json:"next_cursor" doc:"For the letters that follow; null if there are no more."`
}

func (a *API) addRedrive() {
	one := huma.Operation{
		OperationID: "ops-redrive-one", Method: http.MethodPost, Path: "/api/v1/ops/dead-letters/{id}/redrive",
		Summary: "Send a record that was refused again",
		Description: "As it was, or mended. It arrives now, keeps its own time and is never too old. " +
			"An event that was counted already is a duplicate: to send one twice does no harm.",
	}
	operate(a, one, Redriven{Sent: []string{"transactions-3-22811"}, Refused: []RefusedLetter{}}, a.redriveOne)
	many := huma.Operation{
		OperationID: "ops-redrive", Method: http.MethodPost, Path: "/api/v1/ops/redrives",
		Summary:     "Send the records of a reason again",
		Description: "As they were: for where what was wrong lay elsewhere, such as a missing exchange rate. What would be refused again is not sent.",
	}
	field := "base_total_minor"
	operate(a, many, Redriven{Sent: []string{"transactions-3-22811"}, Refused: []RefusedLetter{
		{ID: "transactions-3-22815", Reason: string(event.NoRate), Field: &field, Detail: "missing"},
	}}, a.redriveMany)
}

func (a *API) redriveOne(ctx context.Context, in *redriveOneInput) (seen[Redriven], error) {
	if err := refuseNull(in.RawBody); err != nil {
		return seen[Redriven]{}, err
	}
	d, err := a.findLetter(ctx, in.ID)
	if err != nil {
		return seen[Redriven]{}, err
	}
	var value []byte
	if in.Body.Value != "" {
		value = []byte(in.Body.Value)
	}
	out, err := a.redrive(ctx, []store.DeadLetter{d}, value)
	return seen[Redriven]{data: out}, err
}

func (a *API) redriveMany(ctx context.Context, in *redriveInput) (seen[Redriven], error) {
	if a.deps.Operations.Letters == nil {
		return seen[Redriven]{}, unknownHere("the dead letters", ofThePlatform)
	}
	if err := refuseNull(in.RawBody); err != nil {
		return seen[Redriven]{}, err
	}
	q := store.DeadLetterQuery{Topic: in.Body.Topic, Reason: event.Reason(in.Body.Reason), Limit: in.Body.Limit}
	if in.Body.Cursor != "" {
		at, err := parseCursor[store.DeadLetterPlace](in.Body.Cursor)
		if err != nil {
			return seen[Redriven]{}, invalid(&huma.ErrorDetail{Location: "body.cursor", Value: in.Body.Cursor, Message: err.Error()})
		}
		q.Before = &at
	}
	letters, err := a.deps.Operations.Letters.DeadLetterList(ctx, q)
	if err != nil {
		return seen[Redriven]{}, fmt.Errorf("api: redrive: %w", err)
	}
	out, err := a.redrive(ctx, letters, nil)
	out.NextCursor = nextCursor(Page{Limit: q.Limit}, letters, func(d *store.DeadLetter) any { return d.Place() })
	return seen[Redriven]{data: out}, err
}

// refuseNull refuses members of a body that are null: they are given, and mean nothing.
func refuseNull(body []byte) error {
	var members map[string]any
	if err := json.Unmarshal(body, &members); err != nil {
		return huma.Error400BadRequest("The body is not a JSON object.")
	}
	for name, value := range members {
		if value == nil {
			return invalid(&huma.ErrorDetail{Location: "body." + name, Message: "null; leave it out for the default"})
		}
	}
	return nil
}

func (a *API) redrive(ctx context.Context, letters []store.DeadLetter, value []byte) (Redriven, error) {
	out := Redriven{Sent: []string{}, Refused: []RefusedLetter{}}
	if a.deps.Operations.Redrive == nil {
		return out, unknownHere("the log", ofTheLog)
	}
	refused, err := a.deps.Operations.Redrive.Redrive(ctx, letters, value)
	if err != nil {
		return out, fmt.Errorf("api: redrive: %w", err)
	}
	for i := range letters {
		id := letterID(&letters[i])
		if refused[i] == nil {
			out.Sent = append(out.Sent, id)
			continue
		}
		out.Refused = append(out.Refused, refusedLetter(id, refused[i]))
	}
	return out, nil
}

func refusedLetter(id string, err error) RefusedLetter {
	r := RefusedLetter{ID: id, Reason: string(event.BadSchema), Detail: err.Error()}
	if invalid, ok := errors.AsType[*event.Invalid](err); ok {
		r.Reason, r.Field, r.Detail = string(invalid.Reason), known(invalid.Field), invalid.Detail
	}
	return r
}
