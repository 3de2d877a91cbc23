package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// letterReader reads the dead letters.
type letterReader interface {
	// DeadLetterList returns those of q, those of the newest records first.
	DeadLetterList(ctx context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error)
	// DeadLetter returns one, or store.ErrNotFound.
	DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error)
	// DeadLetterCounts returns how many there are.
	DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error)
	// DeadLetterHours returns how many records that came at or after since were refused,
	// by hour and reason.
	DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error)
}

type lettersInput struct {
	Page
	Topic  string `query:"topic" enum:"transactions,product_views,cart_events,inventory_updates,products,customers" doc:"Of the record that was refused. Absent: all."`
	Reason string `query:"reason" enum:"bad_json,schema,missing_key,unknown_order,bad_amount,no_rate,bad_timestamp,oversized,unknown_version" doc:"Why it was refused. Absent: all."`
}

// DeadLetter is a record that was refused.
type DeadLetter struct {
	ID        string    `json:"id" doc:"topic-partition-offset of the record."`
	Topic     string    `json:"topic"`
	Partition int32     `json:"partition"`
	Offset    int64     `json:"offset"`
	Timestamp time.Time `json:"timestamp" doc:"When it arrived."`
	Reason    string    `json:"reason" enum:"bad_json,schema,missing_key,unknown_order,bad_amount,no_rate,bad_timestamp,oversized,unknown_version"`
	Field     *string   `json:"field" doc:"Of the event, such as items[0].quantity; null if it is about the whole record."`
	Detail    string    `json:"detail" doc:"What was found and what was expected."`
	Bytes     int       `json:"bytes" doc:"Length of the record."`
}

// DeadLetterCount is how many letters of a topic have a reason.
type DeadLetterCount struct {
	Topic   string `json:"topic"`
	Reason  string `json:"reason"`
	Letters int64  `json:"letters"`
}

// DeadLetterHour is how many records of an hour were refused for a reason.
type DeadLetterHour struct {
	Start   time.Time `json:"start" doc:"Of the hour."`
	Reason  string    `json:"reason"`
	Letters int64     `json:"letters"`
}

// DeadLetters are dead letters, those of the newest records first.
type DeadLetters struct {
	Counts     []DeadLetterCount `json:"counts" nullable:"false" doc:"Of all letters, whatever is listed."`
	Hours      []DeadLetterHour  `json:"hours" nullable:"false" doc:"Of the last 48 hours, by the arrival of the records; hours without any are left out."`
	Letters    []DeadLetter      `json:"letters" nullable:"false"`
	NextCursor *string           `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (v DeadLetters) next() *string { return v.NextCursor }

// DeadLetterDetail is a dead letter with its bytes. Of each pair of text and base64, the
// one is null.
type DeadLetterDetail struct {
	DeadLetter
	Key         *string `json:"key" doc:"Text; both are null if it has none."`
	KeyBase64   *string `json:"key_base64" doc:"A key that is not UTF-8, in base64."`
	Value       *string `json:"value" doc:"The record as it came."`
	ValueBase64 *string `json:"value_base64" doc:"A record that is not UTF-8, in base64."`
}

type letterInput struct {
	ID string `path:"id" maxLength:"300" example:"transactions-3-22811" doc:"topic-partition-offset of the record that was refused."`
}

func (a *API) exampleLetter() DeadLetter {
	field := "total_minor"
	return DeadLetter{
		ID: "transactions-3-22811", Topic: event.TopicTransactions, Partition: 3, Offset: 22_811, Timestamp: a.local(exampleNow - minuteMS),
		Reason: string(event.BadAmount), Field: &field, Detail: "1299, want 1399: subtotal - discount + shipping + tax", Bytes: 611,
	}
}

func (a *API) addDeadLetters() {
	list := huma.Operation{
		OperationID: "ops-dead-letters", Method: http.MethodGet, Path: "/api/v1/ops/dead-letters",
		Summary:     "Records that were refused, and why",
		Description: "Each is here once, those of the newest records first, and stays here also after it was sent again.",
	}
	example := a.exampleLetter()
	operate(a, list, DeadLetters{
		Counts: []DeadLetterCount{{example.Topic, example.Reason, 12}},
		Hours:  []DeadLetterHour{{a.local(exampleNow - exampleNow%hourMS), example.Reason, 2}}, Letters: []DeadLetter{example},
	}, a.deadLetters)
	one := huma.Operation{
		OperationID: "ops-dead-letter", Method: http.MethodGet, Path: "/api/v1/ops/dead-letters/{id}",
		Summary:     "A record that was refused, with its bytes",
		Description: "As it came, at most 512 KiB of it.",
	}
	key, value := "v-000123", `{"event_id":"0197-…","event_type":"transaction","total_minor":1299}`
	operate(a, one, DeadLetterDetail{DeadLetter: example, Key: &key, Value: &value}, a.deadLetter)
}

// shownHours are the hours before this one of which letters are counted.
const shownHours = 47

func (a *API) deadLetters(ctx context.Context, in *lettersInput) (seen[DeadLetters], error) {
	if a.deps.Operations.Letters == nil {
		return seen[DeadLetters]{}, unknownHere("the dead letters", ofThePlatform)
	}
	q := store.DeadLetterQuery{Topic: in.Topic, Reason: event.Reason(in.Reason), Limit: in.Limit}
	if in.Cursor != "" {
		at, err := parseCursor[store.DeadLetterPlace](in.Cursor)
		if err != nil {
			return seen[DeadLetters]{}, invalid(wrong("cursor", in.Cursor, "%v", err))
		}
		q.Before = &at
	}
	counts, err := a.deps.Operations.Letters.DeadLetterCounts(ctx)
	if err != nil {
		return seen[DeadLetters]{}, fmt.Errorf("api: dead letters: %w", err)
	}
	found, err := a.deps.Operations.Letters.DeadLetterList(ctx, q)
	if err != nil {
		return seen[DeadLetters]{}, fmt.Errorf("api: dead letters: %w", err)
	}
	now := a.now()
	hours, err := a.deps.Operations.Letters.DeadLetterHours(ctx, now-now%hourMS-shownHours*hourMS)
	if err != nil {
		return seen[DeadLetters]{}, fmt.Errorf("api: dead letters: %w", err)
	}
	out := DeadLetters{Counts: make([]DeadLetterCount, len(counts)), Hours: make([]DeadLetterHour, len(hours)), Letters: make([]DeadLetter, len(found))}
	out.NextCursor = nextCursor(in.Page, found, func(d *store.DeadLetter) any { return d.Place() })
	for i, c := range counts {
		out.Counts[i] = DeadLetterCount{c.Topic, string(c.Reason), c.Letters}
	}
	for i, h := range hours {
		out.Hours[i] = DeadLetterHour{a.local(h.Start), string(h.Reason), h.Letters}
	}
	for i := range found {
		out.Letters[i] = a.letter(&found[i])
	}
	return seen[DeadLetters]{data: out}, nil
}

func (a *API) deadLetter(ctx context.Context, in *letterInput) (seen[DeadLetterDetail], error) {
	d, err := a.findLetter(ctx, in.ID)
	if err != nil {
		return seen[DeadLetterDetail]{}, err
	}
	out := DeadLetterDetail{DeadLetter: a.letter(&d)}
	out.Key, out.KeyBase64 = textOf(d.Key)
	out.Value, out.ValueBase64 = textOf(d.Value)
	return seen[DeadLetterDetail]{data: out}, nil
}

// findLetter returns the dead letter of an id, or a problem.
func (a *API) findLetter(ctx context.Context, id string) (store.DeadLetter, error) {
	if a.deps.Operations.Letters == nil {
		return store.DeadLetter{}, unknownHere("the dead letters", ofThePlatform)
	}
	topic, partition, offset, ok := parseLetterID(id)
	if ok {
		d, err := a.deps.Operations.Letters.DeadLetter(ctx, topic, partition, offset)
		if !errors.Is(err, store.ErrNotFound) {
			return d, err
		}
	}
	return store.DeadLetter{}, huma.Error404NotFound(fmt.Sprintf("There is no dead letter %s. GET /api/v1/ops/dead-letters lists them.", id))
}

func letterID(d *store.DeadLetter) string {
	return fmt.Sprintf("%s-%d-%d", d.Topic, d.Partition, d.Offset)
}

func parseLetterID(id string) (topic string, partition int32, offset int64, ok bool) {
	parts := strings.Split(id, "-")
	if len(parts) < 3 {
		return "", 0, 0, false
	}
	n := len(parts)
	p, errPartition := strconv.ParseInt(parts[n-2], 10, 32)
	offset, errOffset := strconv.ParseInt(parts[n-1], 10, 64)
	return strings.Join(parts[:n-2], "-"), int32(p), offset, errPartition == nil && errOffset == nil
}

func (a *API) letter(d *store.DeadLetter) DeadLetter {
	return DeadLetter{
		ID: letterID(d), Topic: d.Topic, Partition: d.Partition, Offset: d.Offset, Timestamp: a.local(d.Time),
		Reason: string(d.Reason), Field: known(d.Field), Detail: d.Detail, Bytes: len(d.Value),
	}
}
