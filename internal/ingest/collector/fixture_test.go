package collector_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/keys"
	"globalmart/internal/rules"
	"globalmart/internal/store/storetest"
)

const (
	writeKey = "a-write-key"
	readKey  = "a-key-to-read"
	// now is when every request arrives.
	now event.Time = 1772446830000 // 2026-03-02T10:20:30.000Z
)

// tester is a test, or a property's.
type tester interface {
	Helper()
	Fatal(args ...any)
	Fatalf(format string, args ...any)
	Context() context.Context
}

// rig is a collector whose log is in memory.
type rig struct {
	*collector.Collector
	log  *memoryLog
	keys *storetest.MemoryKeys
	said bytes.Buffer
	at   event.Time
}

func newRig(t tester, change ...func(*collector.Config)) *rig {
	t.Helper()
	r := &rig{log: &memoryLog{}, keys: &storetest.MemoryKeys{}, at: now}
	clock := func() time.Time { return r.at.Std() }
	logger := slog.New(slog.NewTextHandler(&r.said, nil))
	ring := keys.NewRing(keys.Config{Store: r.keys, Now: clock, Log: logger})
	ring.Add("shop", []keys.Scope{keys.Ingest}, writeKey)
	ring.Add("reader", []keys.Scope{keys.Read}, readKey)
	shop := rules.Default()
	shop.Currency = "USD"
	shop.Rates = map[string]rules.Rate{"EUR": 1_100_000_000, "JPY": 6_700_000}
	cfg := collector.Config{Rules: shop, Now: clock, Log: logger, Keys: ring, Events: r.log}
	for _, c := range change {
		c(&cfg)
	}
	var err error
	if r.Collector, err = collector.New(cfg); err != nil {
		t.Fatal(err)
	}
	return r
}

// memoryLog is a log that fails, or waits, as a test says.
type memoryLog struct {
	mu      sync.Mutex
	records []kgo.Record
	err     error
	before  func(context.Context) error
}

func (l *memoryLog) Write(ctx context.Context, records []kgo.Record) error {
	if l.before != nil {
		if err := l.before(ctx); err != nil {
			return err
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return l.err
	}
	l.records = append(l.records, records...)
	return nil
}

// nowhere is a log that forgets.
type nowhere struct{}

func (nowhere) Write(context.Context, []kgo.Record) error { return nil }

// reply is an answer as clients read it.
type reply struct {
	status   int
	header   http.Header
	body     string
	Success  bool   `json:"success"`
	Code     string `json:"code"`
	Message  string `json:"message"`
	Accepted int    `json:"accepted"`
	Rejected []struct {
		Index     int    `json:"index"`
		MessageID string `json:"messageId"`
		Code      string `json:"code"`
		Message   string `json:"message"`
	} `json:"rejected"`
	RejectedCount int `json:"rejectedCount"`
}

// ask makes a request and returns its answer. header holds names and values in turn.
func (r *rig) ask(t tester, method, path, body string, header ...string) reply {
	t.Helper()
	req := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	for i := 0; i < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	w := httptest.NewRecorder()
	r.ServeHTTP(w, req)
	a := reply{status: w.Code, header: w.Header(), body: w.Body.String()}
	if w.Body.Len() > 0 {
		if err := json.Unmarshal(w.Body.Bytes(), &a); err != nil {
			t.Fatalf("%s %s: the answer is not JSON: %v: %s", method, path, err, a.body)
		}
	}
	return a
}

// send sends a body with the write key.
func (r *rig) send(t tester, path, body string, header ...string) reply {
	t.Helper()
	return r.ask(t, http.MethodPost, path, body, append([]string{"X-Write-Key", writeKey}, header...)...)
}

// one sends one event, which must get into the log, and returns its record.
func (r *rig) one(t tester, path, body string) kgo.Record {
	t.Helper()
	before := len(r.log.records)
	if a := r.send(t, path, body); a.status != http.StatusOK || !a.Success {
		t.Fatalf("%s: status %d: %s", body, a.status, a.body)
	}
	if n := len(r.log.records) - before; n != 1 {
		t.Fatalf("%s: %d records, want 1", body, n)
	}
	return r.log.records[before]
}

// decode reads a record as the stream does.
func decode(record kgo.Record) (event.Event, error) {
	var d event.Decoder
	var e event.Event
	err := d.Decode(record.Value, event.TimeOf(record.Timestamp), &e)
	return e, err
}
