package chaos_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// sender is a shop whose servers send orders over HTTP, as Segment's SDKs do: a batch is
// sent again until it is acknowledged, through everything that happens to the collector.
// So it is known to the cent what the platform must show in the end.
type sender struct {
	t      *testing.T
	url    string
	cancel context.CancelFunc
	work   sync.WaitGroup

	mu      sync.Mutex
	batches int // begun, numbered from 0
	want    sales
	repeats int // attempts beyond the first
}

const (
	senderServers = 4
	senderBatch   = 20 // orders
)

func newSender(t *testing.T, address string) *sender {
	t.Helper()
	whole := t.Context()
	ctx, cancel := context.WithCancel(whole)
	s := &sender{t: t, url: "http://" + address + "/v1/batch", cancel: cancel}
	for range senderServers {
		s.work.Go(func() {
			for going := true; going && ctx.Err() == nil; {
				going = s.deliver(whole)
			}
		})
	}
	t.Cleanup(func() {
		cancel()
		s.work.Wait()
	})
	return s
}

// deliver sends the next batch until it is acknowledged, which it must be in time, and
// reports whether it was.
func (s *sender) deliver(ctx context.Context) bool {
	s.mu.Lock()
	n := s.batches
	s.batches++
	s.mu.Unlock()
	var orders []string
	var revenue int64
	for i := range senderBatch {
		id := fmt.Sprintf("%d-%d", n, i)
		cents := int64(1000 + (n*senderBatch+i)%977)
		revenue += cents
		orders = append(orders, fmt.Sprintf(`{"type":"track","event":"Order Completed","messageId":"message-%s","userId":"customer-%d","timestamp":%q,
			"properties":{"order_id":"order-%s","total":%d.%02d,"country":%q,"products":[{"product_id":"ice","category":"Groceries","price":"%d.%02d"}]}}`,
			id, i%customerVisitors, time.Now().UTC().Format(time.RFC3339Nano), id, cents/100, cents%100, customerCountry, cents/100, cents%100))
	}
	body := `{"writeKey":"globalmart-write-key-dev","batch":[` + strings.Join(orders, ",") + `]}`
	for late := time.After(process.Patience); !s.post(ctx, body); {
		s.mu.Lock()
		s.repeats++
		s.mu.Unlock()
		select {
		case <-late:
			s.t.Errorf("batch %d was not acknowledged within %s", n, process.Patience)
			return false
		case <-ctx.Done():
			return false
		case <-time.After(20 * time.Millisecond):
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.want.Orders += senderBatch
	s.want.Revenue += revenue
	return true
}

// post reports whether a batch was acknowledged. What is answered is either that, or to
// come back.
func (s *sender) post(ctx context.Context, body string) bool {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.url, strings.NewReader(body))
	if err != nil {
		s.t.Error(err)
		return false
	}
	resp, err := (&http.Client{Timeout: 10 * time.Second}).Do(req)
	if err != nil {
		return false // nobody is there, or it died meanwhile
	}
	defer resp.Body.Close()
	switch resp.StatusCode {
	case http.StatusOK:
		var answer struct{ Accepted int }
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
			return false // it died while it answered
		}
		if answer.Accepted != senderBatch {
			s.t.Errorf("%d of %d orders were accepted", answer.Accepted, senderBatch)
		}
		return true
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
	default:
		s.t.Errorf("status %d: SDKs would throw the orders away", resp.StatusCode)
	}
	return false
}

// leave stops sending and waits until every order is acknowledged.
func (s *sender) leave() {
	s.t.Helper()
	s.cancel()
	s.work.Wait()
	if s.want.Orders == 0 {
		s.t.Fatal("nothing was acknowledged")
	}
}

func TestKilledWhileShopsSendNothingAcknowledgedIsLost(t *testing.T) {
	long(t)
	chance, dir, address := newChance(t), newDir(t), testenv.Address(t)
	n := kills(t, 3, 0.1)
	start := func() *process.Process {
		p := up(t, dir, nil, "--rate", "0", "--listen", address, "--snapshot-every", "500ms")
		ready(p, dir)
		return p
	}
	s := newSender(t, address)
	for range n {
		p := start()
		p.KeepFor(between(chance, 0, time.Second))
		p.Kill()
	}
	last := start()
	last.KeepFor(time.Second)
	s.leave()
	var got sales
	process.Eventually(t, "the API shows every order", func() bool {
		got = ask(t, address, customerCountry)
		return got.Orders >= s.want.Orders
	})
	if got != s.want {
		t.Errorf("API: %+v, want %+v", got, s.want)
	}
	caughtUp(t, "--data", dir)
	last.StopCleanly()
	r := verifySettled(t, "--data", dir)
	t.Logf("%d kills: %d orders acknowledged, %d batches sent again, %d records verified", n, s.want.Orders, s.repeats, r.Cut.Records)
}
