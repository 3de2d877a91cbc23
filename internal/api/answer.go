package api

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// freshness tells how far the stream has got.
type freshness interface {
	// AsOf returns the newest arrival time among the records whose effects can
	// be read, and the time of the last commit; zeros if there is none.
	AsOf(context.Context) (store.AsOf, error)
}

// Basis says what an answer rests on.
type Basis struct {
	AsOf     *time.Time `json:"as_of" doc:"Arrival of the newest event that is counted, null before the first; from the warehouse: what came before it is counted."`
	Source   string     `json:"source" enum:"stream,warehouse,both,lake,system" doc:"Where the figures come from: the live tables, the last batch run, both of them, the events as they are kept, or the parts of the system themselves."`
	Seam     *time.Time `json:"seam,omitempty" doc:"Only of both: what happened before it is from the last batch run, all else from the live tables."`
	Partial  bool       `json:"partial" doc:"The time asked for is not over yet, or part of it is no longer kept in this detail."`
	Currency string     `json:"currency" doc:"ISO 4217 code of every amount, which are integers in its minor unit."`
	TimeZone string     `json:"time_zone" doc:"IANA name of the shop's time zone: days are its days."`
}

// Meta goes with every answer. The lag comes last and is no part of the entity
// tag: it grows while nothing else changes.
type Meta struct {
	Basis
	LagMS *int64 `json:"lag_ms" doc:"How far the figures are behind, in milliseconds, when this was made, which is as long ago as the header Age says. Live: since as_of; or, where everything that arrived is known to be counted, what the newest event took. From the warehouse: since its last run changed something. null before the first event, and after an import, whose events came with times of their own. Not part of the ETag."`
}

// Answer is the body of every answer that carries data.
type Answer[T any] struct {
	Data T    `json:"data"`
	Meta Meta `json:"meta"`
}

// The sources of figures.
const (
	sourceStream    = "stream"
	sourceWarehouse = "warehouse"
	sourceBoth      = "both"
	sourceLake      = "lake"
)

// reply is what a handler found.
type reply[T any] struct {
	data    T
	partial bool
	source  string     // "" = the stream
	asOf    event.Time // of the warehouse; of both, the stream's counts if there is one
	made    event.Time // when the warehouse was
	seam    event.Time // of both
}

// finished is an answer in the bytes that leave.
type finished struct {
	ContentType string `header:"Content-Type" hidden:"true"`
	ETag        string `header:"ETag" doc:"Strong tag of data and meta without lag_ms; send it back as If-None-Match."`
	Cache       string `header:"Cache-Control" hidden:"true"`
	Body        []byte
}

// answer adds an endpoint under /api/v1 that reads: handler finds the data, and
// everything that all endpoints share is done here. The freshness is read
// before the data, so that the data is never older than it says.
func answer[I, T any](a *API, op huma.Operation, example T, handler func(context.Context, *I) (reply[T], error)) {
	answerFrom(a, op, sourceStream, example, handler)
}

// answerFrom is answer with the source that the example names.
func answerFrom[I, T any](a *API, op huma.Operation, source string, example T, handler func(context.Context, *I) (reply[T], error)) {
	op.Method = http.MethodGet
	op.Security = needs(ScopeRead)
	statuses := []int{
		http.StatusUnauthorized, http.StatusForbidden, http.StatusUnprocessableEntity, http.StatusTooManyRequests,
		http.StatusInternalServerError, http.StatusServiceUnavailable, http.StatusGatewayTimeout,
	}
	if strings.Contains(op.Path, "{") {
		statuses = append(statuses, http.StatusNotFound)
	}
	op.Responses = problems(a.huma.OpenAPI().Components.Schemas, statuses...)
	schema := a.huma.OpenAPI().Components.Schemas.Schema(reflect.TypeFor[Answer[T]](), true, op.OperationID)
	op.Responses["200"] = &huma.Response{
		Description: "The answer.",
		Content: map[string]*huma.MediaType{
			"application/json": {Schema: schema, Example: a.exampleAnswer(source, example)},
		},
	}
	linked(op.Responses["200"], example)
	op.Responses["304"] = &huma.Response{Description: "The client has this answer already (If-None-Match)."}

	a.kept.add(op)
	plain := func(ctx context.Context, in *I) (*finished, error) {
		fresh, err := a.deps.Fresh.AsOf(ctx)
		if err != nil {
			return nil, a.problemOf(ctx, fmt.Errorf("api: %s: read freshness: %w", op.OperationID, err))
		}
		r, err := handler(ctx, in)
		if err != nil {
			return nil, a.problemOf(ctx, err)
		}
		asOf, lag := fresh.RecordTime, a.lag(fresh)
		if r.source == sourceWarehouse || r.source == sourceLake || r.source == sourceBoth && asOf <= 0 {
			asOf, lag = r.asOf, max(0, a.now()-r.made)
		}
		basis := a.basis(asOf, cmp.Or(r.source, sourceStream), r.partial)
		if r.seam > 0 {
			at := a.local(r.seam)
			basis.Seam = &at
		}
		x := exchangeOf(ctx)
		x.source, x.next = basis.Source, following(r.data)
		out, err := finishAnswer(r.data, basis, lag)
		if err != nil {
			return nil, a.problemOf(ctx, fmt.Errorf("api: %s: encode answer: %w", op.OperationID, err))
		}
		out.Cache = cacheControl(basis.Source)
		return out, nil
	}
	if _, ok := any(example).(listed); ok {
		a.exportable(&op)
		huma.Register(a.huma, op, exporting(a, op.OperationID, handler, plain))
		return
	}
	huma.Register(a.huma, op, plain)
}

// cacheControl says how long a client may show figures without asking again: those of
// a batch run for a minute.
func cacheControl(source string) string {
	if source == sourceWarehouse {
		return "private, max-age=60"
	}
	return "no-cache"
}

func (a *API) basis(asOf event.Time, source string, partial bool) Basis {
	m := Basis{Source: source, Partial: partial, Currency: a.cfg.Rules.Currency, TimeZone: a.cfg.Rules.TimeZone}
	if asOf > 0 {
		at := a.local(asOf)
		m.AsOf = &at
	}
	return m
}

// unknownLag is the lag of figures of which it is not known.
const unknownLag event.Time = -1

// longestWait is longer than an event waits in the log for the stream: one that seems
// to have waited longer was imported, with the time at which it happened as that of
// its arrival.
const longestWait = 7 * dayMS

// lag is how far the live tables are behind. Once everything is counted that arrived,
// it does not grow with the rest until the next event.
func (a *API) lag(fresh store.AsOf) event.Time {
	wait := fresh.Committed - fresh.RecordTime
	switch {
	case fresh.RecordTime <= 0 || wait > longestWait:
		return unknownLag
	case a.deps.CaughtUp != nil && a.deps.CaughtUp():
		return max(0, wait)
	}
	return max(0, a.now()-fresh.RecordTime)
}

// finishAnswer encodes an answer. Its tag is that of the bytes before the lag
// is put in.
func finishAnswer(data any, m Basis, lag event.Time) (*finished, error) {
	body, err := encode(struct {
		Data any   `json:"data"`
		Meta Basis `json:"meta"`
	}{data, m})
	if err != nil {
		return nil, err
	}
	out := &finished{ContentType: "application/json", ETag: tag(body)}
	body = append(body[:len(body)-len("}}\n")], `,"lag_ms":`...)
	if lag == unknownLag {
		body = append(body, "null"...)
	} else {
		body = strconv.AppendInt(body, int64(lag), 10)
	}
	out.Body = append(body, "}}\n"...)
	return out, nil
}

func (a *API) exampleAnswer(source string, data any) any {
	asOf := exampleNow.Add(-240 * time.Millisecond)
	if source == sourceWarehouse {
		asOf = a.calendar.DayStart(exampleNow)
	}
	lag := int64(exampleNow - asOf)
	return map[string]any{"data": data, "meta": Meta{Basis: a.basis(asOf, source, source == sourceStream), LagMS: &lag}}
}

// exampleNow is the instant that the examples are told at: 2026-03-02 10:20:30
// UTC.
const exampleNow event.Time = 1772446830000
