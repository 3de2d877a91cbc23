package notify

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// noticeStore holds notices in memory.
type noticeStore struct {
	mu         sync.Mutex
	notices    []store.AlertNotice
	deliveries map[string]map[int64]store.Delivery
}

func newNoticeStore(n int, at time.Time) *noticeStore {
	s := &noticeStore{deliveries: map[string]map[int64]store.Delivery{}}
	for i := range n {
		s.notices = append(s.notices, store.AlertNotice{Seq: int64(i + 1), At: event.TimeOf(at), Change: store.AlertChange{
			Step: store.AlertOpened, Alert: store.Alert{ID: string(rune('a' + i)), Kind: store.AlertStock, Subject: "p", Level: store.StockOut, Text: "p: out of stock"},
		}})
	}
	return s
}

func (s *noticeStore) PendingNotices(_ context.Context, receiver string, since event.Time, limit int) ([]Pending, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var pending []Pending
	for _, n := range s.notices {
		d := s.deliveries[receiver][n.Seq]
		if n.At >= since && d.DeliveredAt == 0 && !d.GivenUp && len(pending) < limit {
			pending = append(pending, Pending{Notice: n, Delivery: d})
		}
	}
	return pending, nil
}

func (s *noticeStore) PutDelivery(_ context.Context, d store.Delivery) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.deliveries[d.Receiver] == nil {
		s.deliveries[d.Receiver] = map[int64]store.Delivery{}
	}
	s.deliveries[d.Receiver][d.Seq] = d
	return nil
}

func (s *noticeStore) of(receiver string, seq int64) store.Delivery {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deliveries[receiver][seq]
}

// inbox is a receiver that takes nothing while it is down.
type inbox struct {
	name string
	down func() bool

	mu  sync.Mutex
	got []string
}

func (i *inbox) Name() string { return i.name }

func (i *inbox) Send(_ context.Context, m *Message) error {
	if i.down != nil && i.down() {
		return errors.New("it is down")
	}
	i.mu.Lock()
	defer i.mu.Unlock()
	i.got = append(i.got, m.ID)
	return nil
}

func start(t *testing.T, s Store, receivers ...Receiver) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	d := New(Config{Store: s, Receivers: receivers, Now: time.Now, Log: slog.New(slog.DiscardHandler)})
	go func() {
		defer close(done)
		d.Run(ctx)
	}()
	t.Cleanup(func() { cancel(); <-done })
}

func TestAReceiverThatIsDownHoldsNobodyUpAndGetsEverythingLater(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		s := newNoticeStore(3, began)
		well := &inbox{name: "well"}
		ill := &inbox{name: "ill", down: func() bool { return time.Since(began) < time.Hour }}
		start(t, s, well, ill)
		time.Sleep(2 * time.Second)
		synctest.Wait()
		if len(well.got) != 3 {
			t.Fatalf("the one that is well got %v within two seconds", well.got)
		}
		time.Sleep(70 * time.Minute)
		synctest.Wait()
		if !slices.Equal(ill.got, well.got) {
			t.Errorf("the one that was down got %v, want %v", ill.got, well.got)
		}
		first := s.of("ill", 1)
		if first.Attempts < 10 || first.Attempts > 60 || first.DeliveredAt == 0 || first.Error != "" {
			t.Errorf("delivery %+v: want some attempts with growing pauses, and delivered", first)
		}
	})
}

func TestANoticeIsGivenUpAfterADayAndTheNextIsTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newNoticeStore(1, time.Now())
		gone := &inbox{name: "gone", down: func() bool { return true }}
		start(t, s, gone)
		time.Sleep(26 * time.Hour)
		synctest.Wait()
		if d := s.of("gone", 1); !d.GivenUp || d.Error != "it is down" {
			t.Errorf("delivery %+v, want it given up with its error", d)
		}
	})
}

// request is what a webhook got.
type request struct {
	header http.Header
	body   []byte
}

func hook(t *testing.T, status int) (*httptest.Server, *[]request) {
	var mu sync.Mutex
	var got []request
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		mu.Lock()
		defer mu.Unlock()
		got = append(got, request{r.Header.Clone(), body})
		if status == http.StatusFound {
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
		}
		w.WriteHeader(status)
	}))
	t.Cleanup(server.Close)
	return server, &got
}

func TestAWebhookIsSignedAndNamed(t *testing.T) {
	server, got := hook(t, http.StatusNoContent)
	at := time.Unix(1_700_000_000, 0)
	w, err := NewWebhook(server.URL+"/in?token=t0ken", "s3cret", func() time.Time { return at })
	if err != nil {
		t.Fatal(err)
	}
	defer w.client.CloseIdleConnections()
	m, err := MessageOf(&newNoticeStore(1, at).notices[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context(), &m); err != nil {
		t.Fatal(err)
	}
	r := (*got)[0]
	if want := Sign("s3cret", at, r.body); r.header.Get(HeaderSignature) != want || !strings.HasPrefix(want, "t=1700000000,v1=") {
		t.Errorf("signature %q, want %q", r.header.Get(HeaderSignature), want)
	}
	if Sign("other", at, r.body) == Sign("s3cret", at, r.body) {
		t.Error("the signature does not depend on the secret")
	}
	if r.header.Get(HeaderIdempotency) != m.ID {
		t.Errorf("idempotency key %q, want %q", r.header.Get(HeaderIdempotency), m.ID)
	}
	var sent Message
	if err := json.Unmarshal(r.body, &sent); err != nil || sent.Type != "alert.opened" || sent.ID != m.ID {
		t.Errorf("body %s, %v", r.body, err)
	}
	if want := `"at":"2023-11-14T22:13:20Z"`; !strings.Contains(string(r.body), want) {
		t.Errorf("body %s, want %s", r.body, want)
	}
	if strings.Contains(w.Name(), "t0ken") {
		t.Errorf("the name %q shows the query", w.Name())
	}
}

func TestAnAnswerThatIsNoSuccessIsAnError(t *testing.T) {
	for _, status := range []int{http.StatusFound, http.StatusBadRequest, http.StatusInternalServerError} {
		server, got := hook(t, status)
		w, err := NewWebhook(server.URL, "", time.Now)
		if err != nil {
			t.Fatal(err)
		}
		if err := w.Send(t.Context(), &Message{ID: "1"}); err == nil {
			t.Errorf("%d was taken for a success", status)
		}
		if n := len(*got); n != 1 || (*got)[0].header.Get(HeaderSignature) != "" {
			t.Errorf("%d requests, want one, unsigned", n)
		}
		w.client.CloseIdleConnections()
	}
}

func TestAnErrorDoesNotShowTheAddress(t *testing.T) {
	w, err := NewWebhook("http://127.0.0.1:1/?token=t0ken", "", time.Now)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Send(t.Context(), &Message{}); err == nil || strings.Contains(err.Error(), "t0ken") {
		t.Errorf("got %v", err)
	}
	for _, address := range []string{"", "no address", "ftp://host/", "http://", "file:///etc/passwd"} {
		if _, err := NewWebhook(address, "", time.Now); err == nil {
			t.Errorf("%q is accepted", address)
		}
	}
}
