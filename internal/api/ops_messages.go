package api

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"time"
	"unicode/utf8"

	"github.com/danielgtaylor/huma/v2"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// maxMessages bounds a page of messages, which may be large.
const maxMessages = 500

type messagesInput struct {
	Topic     string `path:"topic" maxLength:"249" example:"transactions" doc:"Name of the topic."`
	Seek      string `query:"seek" default:"latest" enum:"latest,earliest,offset,time" doc:"Where to look: the newest ones; from the first that is kept; from an offset or a time on."`
	Offset    int64  `query:"offset" minimum:"0" example:"22800" doc:"With seek=offset: of the first message, in every partition."`
	Time      string `query:"time" maxLength:"64" example:"2026-03-02T10:00:00Z" doc:"With seek=time: of the first message."`
	Partition int32  `query:"partition" default:"-1" minimum:"-1" maximum:"2147483647" doc:"Only this one; -1: all."`
	Key       string `query:"key" maxLength:"256" example:"v-000123" doc:"Text that the key contains."`
	Value     string `query:"value" maxLength:"256" example:"\"status\":\"failed\"" doc:"Text that the value contains."`
	Limit     int    `query:"limit" default:"50" minimum:"1" maximum:"500" doc:"Messages, at most."`
	Cursor    string `query:"cursor" maxLength:"1024" doc:"next_cursor of the page before, with the same filters; it says where to look."`
}

// Message is a record of the log. Of each pair of text and base64, the one is null.
type Message struct {
	Partition   int32           `json:"partition"`
	Offset      int64           `json:"offset"`
	Timestamp   time.Time       `json:"timestamp" doc:"When it arrived."`
	Key         *string         `json:"key" doc:"Text; both are null if it has none."`
	KeyBase64   *string         `json:"key_base64" doc:"A key that is not UTF-8, in base64."`
	Value       *string         `json:"value" doc:"Text, as events are: JSON."`
	ValueBase64 *string         `json:"value_base64" doc:"A value that is not UTF-8, in base64."`
	Headers     []MessageHeader `json:"headers" nullable:"false"`
}

// MessageHeader is a header of a message.
type MessageHeader struct {
	Key   string `json:"key"`
	Value string `json:"value" doc:"As text; what is not UTF-8 is replaced."`
}

// Messages are messages of a topic.
type Messages struct {
	Topic      string    `json:"topic"`
	Messages   []Message `json:"messages" nullable:"false" doc:"The oldest first; of seek=latest the newest first."`
	Scanned    int64     `json:"scanned" doc:"Messages that were looked at."`
	NextCursor *string   `json:"next_cursor" doc:"For what follows; null at the end of the log, and with seek=latest."`
}

func (v Messages) next() *string { return v.NextCursor }

func (a *API) addMessages() {
	op := huma.Operation{
		OperationID: "ops-messages", Method: http.MethodGet, Path: "/api/v1/ops/topics/{topic}/messages",
		Summary: "Messages of a topic",
		Description: "Those that the log holds when it is asked. One call looks at 200,000 messages for 3 s at most; " +
			"`meta.partial` says that it stopped there: go on with next_cursor, or narrow the search.",
	}
	key, value := "v-000123", `{"event_id":"0197-…","event_type":"product_view","visitor_id":"v-000123","product_id":"P0001234"}`
	operate(a, op, Messages{Topic: event.TopicProductViews, Scanned: 1, Messages: []Message{
		{Partition: 2, Offset: 22_810, Timestamp: a.local(exampleNow - 240), Key: &key, Value: &value, Headers: []MessageHeader{}},
	}}, a.messages)
}

// messagePlace is where a page of messages begins.
type messagePlace map[int32]int64

func (a *API) messages(ctx context.Context, in *messagesInput) (seen[Messages], error) {
	if a.deps.Operations.Log == nil {
		return seen[Messages]{}, unknownHere("the log", ofTheLog)
	}
	q, err := a.messageQuery(in)
	if err != nil {
		return seen[Messages]{}, err
	}
	found, err := a.deps.Operations.Log.Messages(ctx, q)
	if errors.Is(err, kafka.ErrNoTopic) {
		if in.Partition >= 0 {
			return seen[Messages]{}, huma.Error404NotFound(fmt.Sprintf("There is no partition %d of a topic %s. GET /api/v1/ops/topics lists the topics.", in.Partition, in.Topic))
		}
		return seen[Messages]{}, noTopic(in.Topic)
	}
	if err != nil {
		return seen[Messages]{}, fmt.Errorf("api: messages: %w", err)
	}
	out := Messages{Topic: in.Topic, Messages: make([]Message, len(found.Records)), Scanned: found.Scanned}
	for i, r := range found.Records {
		out.Messages[i] = a.message(r)
	}
	if found.Next != nil {
		next := cursorOf(messagePlace(found.Next))
		out.NextCursor = &next
	}
	return seen[Messages]{data: out, partial: found.Partial}, nil
}

func (a *API) messageQuery(in *messagesInput) (kafka.MessageQuery, error) {
	q := kafka.MessageQuery{Topic: in.Topic, From: kafka.Seek(in.Seek), Offset: in.Offset, Key: in.Key, Value: in.Value, Limit: min(in.Limit, maxMessages)}
	if in.Partition >= 0 {
		q.Partition = &in.Partition
	}
	var errs []error
	if in.Cursor != "" {
		at, err := parseCursor[messagePlace](in.Cursor)
		if err != nil || len(at) == 0 {
			errs = append(errs, wrong("cursor", in.Cursor, "%v", errCursor))
		}
		q.From, q.After = kafka.SeekEarliest, at
	}
	switch {
	case in.Time != "":
		at, err := a.parseTime(in.Time)
		if err != nil {
			errs = append(errs, wrong("time", in.Time, "%v", err))
		}
		q.Time = at.Std()
	case q.From == kafka.SeekTime:
		errs = append(errs, wrong("time", "", "seek=time needs it"))
	}
	if errs != nil {
		return q, invalid(errs...)
	}
	return q, nil
}

func (a *API) message(r *kgo.Record) Message {
	m := Message{Partition: r.Partition, Offset: r.Offset, Timestamp: r.Timestamp.In(a.zone), Headers: []MessageHeader{}}
	m.Key, m.KeyBase64 = textOf(r.Key)
	m.Value, m.ValueBase64 = textOf(r.Value)
	for _, h := range r.Headers {
		m.Headers = append(m.Headers, MessageHeader{h.Key, string(h.Value)})
	}
	return m
}

// textOf returns b as text, or in base64 if it is none; both nil if it is nil.
func textOf(b []byte) (text *string, raw *string) {
	switch {
	case b == nil:
		return nil, nil
	case utf8.Valid(b):
		s := string(b)
		return &s, nil
	}
	s := base64.StdEncoding.EncodeToString(b)
	return nil, &s
}
