package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

const (
	streamPath = "/api/v1/stream"
	// writeTime is how long a client may take for what it is sent.
	writeTime = 10 * time.Second
	// retryMS is how long a browser waits before it comes back, milliseconds.
	retryMS = 2000
)

type streamInput struct {
	Topics      []string `query:"topics" example:"sales,alerts" doc:"What to be told of, with commas between; all if absent."`
	LastEventID string   `header:"Last-Event-ID" maxLength:"64" doc:"The id of the last event that came: what was missed since comes first. Browsers send it by themselves."`
}

// addStream adds the one stream of what changes.
func (a *API) addStream() {
	var topics []string
	for _, t := range a.liveTopics() {
		topics = append(topics, "`"+t.name+"` ("+t.means+")")
	}
	op := huma.Operation{
		OperationID: "stream", Method: http.MethodGet, Path: streamPath, Tags: []string{"live"}, Security: needs(ScopeRead),
		Summary: "What changes, as it does",
		Description: "Server-sent events. The event is named after its topic, its data are `{data, meta}` as in other answers: " + strings.Join(topics, ", ") + ". " +
			"Each topic comes once at the start and then whenever it has changed, at most once a second; what takes long to ask comes less often. " +
			"`event: resync` says that something was missed that is no longer known; what there is now follows. A comment every 15 seconds says that the stream is alive. " +
			"It ends when its key does, when the process stops, and for a client that does not keep up.",
		Responses: problems(a.huma.OpenAPI().Components.Schemas, http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity,
			http.StatusTooManyRequests, http.StatusInternalServerError, http.StatusServiceUnavailable),
	}
	example, err := finishAnswer(DashStock{250_000, 12, 1}, a.basis(exampleNow, sourceStream, true), 240)
	if err != nil {
		panic(fmt.Sprintf("api: BUG: encode example: %v", err))
	}
	op.Responses["200"] = eventStream(map[string]any{"event": "stock", "id": "5VQ2TJ4Z-1", "data": strings.TrimSuffix(string(example.Body), "\n")},
		"The topic, or resync.", "JSON in one line: {data, meta}, or {} of resync.")
	huma.Register(a.huma, op, a.stream)
}

func (a *API) stream(ctx context.Context, in *streamInput) (*huma.StreamResponse, error) {
	var known []string
	for _, t := range a.liveTopics() {
		known = append(known, t.name)
	}
	topics := slices.Clone(known)
	if len(in.Topics) > 0 {
		topics = slices.Compact(slices.Sorted(slices.Values(in.Topics)))
	}
	for _, t := range topics {
		if !slices.Contains(known, t) {
			return nil, invalid(wrong("topics", t, "unknown topic; there are %s", strings.Join(known, ", ")))
		}
	}
	l, first, err := a.joinStreams(ctx, topics, in.LastEventID)
	if err != nil {
		return nil, err
	}
	return &huma.StreamResponse{Body: func(ctx huma.Context) { //nolint:contextcheck // the request carries its context, without the limit of an answer
		defer a.live.leave(l)
		r, w := humago.Unwrap(ctx)
		a.send(r.Context(), w, l, first)
	}}, nil
}

// joinStreams adds the client of ctx, who is to leave again, or says why there is no room.
func (a *API) joinStreams(ctx context.Context, topics []string, lastID string) (*listener, []*frame, error) {
	x := exchangeOf(ctx)
	l, first, err := a.live.join(x.key, topics, lastID) //nolint:contextcheck // what it starts is for all clients
	switch {
	case errors.Is(err, errManyOfKey):
		return nil, nil, huma.ErrorWithHeaders(huma.Error429TooManyRequests(fmt.Sprintf("The key has %d streams open; that is the most.", a.cfg.Limits.StreamsPerKey)),
			http.Header{"Retry-After": {"10"}})
	case err != nil:
		return nil, nil, huma.ErrorWithHeaders(huma.Error503ServiceUnavailable("No stream can be opened now: "+err.Error()+". Try again shortly."),
			http.Header{"Retry-After": {"10"}})
	}
	x.stream = true
	return l, first, nil
}

// eventStream is the answer of an endpoint that tells of events.
func eventStream(example map[string]any, event, data string) *huma.Response {
	return &huma.Response{
		Description: "The stream, which does not end by itself.",
		Content: map[string]*huma.MediaType{"text/event-stream": {
			Schema: &huma.Schema{Type: huma.TypeObject, Description: "One event.", Required: []string{"event", "data"}, Properties: map[string]*huma.Schema{
				"event": {Type: huma.TypeString, Description: event},
				"id":    {Type: huma.TypeString, Description: "For Last-Event-ID."},
				"data":  {Type: huma.TypeString, Description: data},
			}},
			Example: example,
		}},
	}
}

// streams reports whether the answers of an operation do not end by themselves.
func streams(op *huma.Operation) bool { return op.Path == streamPath || op.Path == tailPath }

// send writes frames until the client goes, is too slow, or is let go.
func (a *API) send(ctx context.Context, w http.ResponseWriter, l *listener, first []*frame) {
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("Cache-Control", "no-store")
	h.Set("X-Accel-Buffering", "no") // nginx would hold it back
	control := http.NewResponseController(w)
	_ = control.SetReadDeadline(time.Time{}) // where there are deadlines, the request is read
	write := func(texts ...[]byte) bool {
		_ = control.SetWriteDeadline(time.Now().Add(writeTime)) //nolint:forbidigo // a deadline of the network
		for _, text := range texts {
			if _, err := w.Write(text); err != nil {
				return false
			}
		}
		return control.Flush() == nil
	}
	begin := [][]byte{fmt.Appendf(nil, "retry: %d\n\n", retryMS)}
	for _, f := range first {
		begin = append(begin, f.text)
	}
	if !write(begin...) {
		return
	}
	heartbeat := time.NewTicker(a.cfg.Limits.Heartbeat) //nolint:forbidigo // of the network, too
	defer heartbeat.Stop()
	for {
		var texts [][]byte
		select {
		case <-ctx.Done():
			return
		case <-l.gone:
			return
		case f := <-l.frames:
			texts = append(texts, f.text)
			for range len(l.frames) {
				texts = append(texts, (<-l.frames).text)
			}
			heartbeat.Reset(a.cfg.Limits.Heartbeat)
		case <-heartbeat.C:
			texts = append(texts, []byte(": alive\n\n"))
		}
		if !write(texts...) {
			return
		}
	}
}
