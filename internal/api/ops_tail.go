package api

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

const tailPath = "/api/v1/ops/topics/{topic}/tail"

type tailInput struct {
	Topic       string `path:"topic" maxLength:"249" example:"transactions" doc:"Name of the topic."`
	Partition   int32  `query:"partition" default:"-1" minimum:"-1" maximum:"2147483647" doc:"Only this one; -1: all."`
	Key         string `query:"key" maxLength:"256" example:"v-000123" doc:"Text that the key contains."`
	Value       string `query:"value" maxLength:"256" example:"\"status\":\"failed\"" doc:"Text that the value contains."`
	Limit       int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Messages that are there already, at most, which come first."`
	LastEventID string `header:"Last-Event-ID" maxLength:"1024" doc:"The id of the last event that came: it goes on after it. Browsers send it by themselves."`
}

// Tailed are messages that came to a topic.
type Tailed struct {
	Topic    string    `json:"topic"`
	Messages []Message `json:"messages" nullable:"false" doc:"The oldest first."`
	Skipped  int64     `json:"skipped" doc:"Messages before them that were left out: more came than can be shown, or it was away for long."`
}

// addTail adds the stream of a topic.
func (a *API) addTail() {
	op := huma.Operation{
		OperationID: "ops-tail", Method: http.MethodGet, Path: tailPath, Tags: []string{"operations"}, Security: needs(ScopeRead),
		Summary: "Messages of a topic, as they come",
		Description: "Server-sent events, whose data are `{data, meta}` as in other answers. `event: recent` has those that are there already; `event: messages` those that came since the event before, " +
			"at most four times a second and the newest 200 of them. A comment every 15 seconds says that the stream is alive. It ends when its key does, when the process stops, and when the log cannot be read.",
		Responses: problems(a.huma.OpenAPI().Components.Schemas, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusUnprocessableEntity,
			http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable),
	}
	key, value := "v-000123", `{"event_id":"0197-…"}`
	text, err := a.tailedText(Tailed{Topic: event.TopicProductViews, Messages: []Message{
		{Partition: 2, Offset: 22_810, Timestamp: a.local(exampleNow - 240), Key: &key, Value: &value, Headers: []MessageHeader{}},
	}}, exampleNow)
	if err != nil {
		panic(fmt.Sprintf("api: BUG: encode example: %v", err))
	}
	op.Responses["200"] = eventStream(map[string]any{"event": "messages", "id": cursorOf(messagePlace{2: 22_811}), "data": string(text)},
		"recent or messages.", "JSON in one line: {data, meta}.")
	huma.Register(a.huma, op, a.tail)
}

func (a *API) tail(ctx context.Context, in *tailInput) (*huma.StreamResponse, error) {
	if a.deps.Operations.Log == nil {
		return nil, unknownHere("the log", ofTheLog)
	}
	q, err := a.messageQuery(&messagesInput{Topic: in.Topic, Seek: string(kafka.SeekLatest), Partition: in.Partition, Key: in.Key, Value: in.Value, Limit: in.Limit, Cursor: in.LastEventID})
	if err != nil {
		return nil, invalid(wrong("Last-Event-ID", in.LastEventID, "%v", errCursor))
	}
	var first []*frame
	if q.After == nil {
		found, err := a.deps.Operations.Log.Messages(ctx, q)
		if errors.Is(err, kafka.ErrNoTopic) {
			return nil, noTopic(in.Topic)
		}
		if err != nil {
			return nil, a.problemOf(ctx, operationProblem(fmt.Errorf("api: tail: %w", err)))
		}
		slices.Reverse(found.Records)
		q.After = found.Ends
		recent, err := a.tailed("recent", in.Topic, kafka.Tailed{Records: found.Records, Next: found.Ends})
		if err != nil {
			return nil, fmt.Errorf("api: tail: %w", err)
		}
		first = append(first, recent)
	}
	l, _, err := a.joinStreams(ctx, nil, "")
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) { //nolint:contextcheck // the request carries its context, without the limit of an answer
		defer a.live.leave(l)
		r, w := humago.Unwrap(ctx)
		following, stop := context.WithCancel(r.Context())
		var done sync.WaitGroup
		defer done.Wait()
		defer stop()
		done.Go(func() { a.follow(following, q, l) })
		a.send(r.Context(), w, l, first)
	}}, nil
}

// follow gives a listener what comes to a topic, until ctx ends. A listener that does not
// keep up has the log wait for it, which costs nobody else anything.
func (a *API) follow(ctx context.Context, q kafka.MessageQuery, l *listener) {
	defer a.live.leave(l)
	err := a.deps.Operations.Log.Tail(ctx, q, func(t kafka.Tailed) error {
		f, err := a.tailed("messages", q.Topic, t)
		if err != nil {
			return err
		}
		select {
		case l.frames <- f:
		case <-ctx.Done():
		}
		return nil
	})
	if err != nil && ctx.Err() == nil {
		a.cfg.Log.WarnContext(ctx, "a topic can no longer be followed", "topic", q.Topic, "error", err)
	}
}

// tailed is the event of a batch.
func (a *API) tailed(name, topic string, t kafka.Tailed) (*frame, error) {
	out := Tailed{Topic: topic, Messages: make([]Message, len(t.Records)), Skipped: t.Skipped}
	for i, r := range t.Records {
		out.Messages[i] = a.message(r)
	}
	text, err := a.tailedText(out, a.now())
	if err != nil {
		return nil, err
	}
	return &frame{text: fmt.Appendf(nil, "event: %s\nid: %s\ndata: %s\n\n", name, cursorOf(messagePlace(t.Next)), text)}, nil
}

// tailedText is what an event of a tail says at an instant.
func (a *API) tailedText(t Tailed, at event.Time) ([]byte, error) {
	e, err := finishAnswer(t, a.basis(at, sourceSystem, t.Skipped > 0), 0)
	if err != nil {
		return nil, err
	}
	return bytes.TrimSpace(e.Body), nil
}
