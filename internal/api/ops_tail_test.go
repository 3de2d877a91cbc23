package api

import (
	"bufio"
	"encoding/json"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

// tailOf opens the stream of a topic.
func (l *live) tailOf(t *testing.T, query, lastID string) *client {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, l.server.URL+"/api/v1/ops/topics/"+query, nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set(headerKey, readKey)
	if lastID != "" {
		r.Header.Set("Last-Event-ID", lastID)
	}
	resp, err := l.server.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = resp.Body.Close() })
	return &client{bufio.NewReader(resp.Body), resp.StatusCode, resp.Header, resp.Body.Close}
}

// offsetsIn are the places of the messages of an event.
func offsetsIn(t *testing.T, e told) [][2]int64 {
	t.Helper()
	var answer Answer[Tailed]
	if err := json.Unmarshal([]byte(e.data), &answer); err != nil || answer.Data.Topic != event.TopicTransactions || answer.Meta.Source != sourceSystem {
		t.Fatalf("%s: %v", e.data, err)
	}
	places := [][2]int64{}
	for _, m := range answer.Data.Messages {
		places = append(places, [2]int64{int64(m.Partition), m.Offset})
	}
	return places
}

func TestATopicIsFollowed(t *testing.T) {
	o := newFakeOperations()
	l := newLive(t, func(_ *Config, d *Deps) { d.Operations = o.deps() })
	body := l.tailOf(t, "transactions/tail?key=v&limit=7", "")
	first := next(t, body)
	if diff := cmp.Diff([][2]int64{{0, 9}, {1, 7}}, offsetsIn(t, first)); first.event != "recent" || diff != "" {
		t.Errorf("event %s (-want +got):\n%s", first.event, diff)
	}
	if q := <-o.tailed; q.Key != "v" || q.After[0] != 10 || q.After[1] != 8 || o.asked.Limit != 7 {
		t.Errorf("asked for %+v after %+v", q, o.asked)
	}
	o.come <- kafka.Tailed{Records: []*kgo.Record{{Partition: 1, Offset: 8, Timestamp: testNow}}, Skipped: 3, Next: map[int32]int64{0: 10, 1: 9}}
	second := next(t, body)
	if diff := cmp.Diff([][2]int64{{1, 8}}, offsetsIn(t, second)); second.event != "messages" || diff != "" {
		t.Errorf("event %s (-want +got):\n%s", second.event, diff)
	}
	if err := body.close(); err != nil {
		t.Fatal(err)
	}
	<-o.ended // or it could be the one that takes what is for the next

	again := l.tailOf(t, "transactions/tail?partition=1", second.id)
	if q := <-o.tailed; q.After[1] != 9 || *q.Partition != 1 {
		t.Errorf("it goes on at %+v", q)
	}
	o.come <- kafka.Tailed{Records: []*kgo.Record{{Partition: 1, Offset: 9, Timestamp: testNow}}, Next: map[int32]int64{1: 10}}

	if e := next(t, again); e.event != "messages" {
		t.Errorf("who comes back is first told %+v", e)
	}
}

func TestATopicThatIsNotThereIsNotFollowed(t *testing.T) {
	f := operatedBy(t, newFakeOperations())
	if p := problem(t, f.get(t, "/api/v1/ops/topics/nothing/tail")); p.Status != http.StatusNotFound {
		t.Errorf("problem %+v", p)
	}
	if p := problem(t, f.get(t, "/api/v1/ops/topics/transactions/tail", "Last-Event-ID", "!")); p.Status != http.StatusUnprocessableEntity {
		t.Errorf("problem %+v", p)
	}
}
