package chaos_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
)

// muchToTell are rules by which a new shop has alerts at once, of stock and of
// orders.
const muchToTell = `
anomaly: {unusual_quantity: {threshold: 1}}
alerts: {stock: {low: 5}}
`

const webhookSecret = "s3cret"

// notice is one as receivers get it.
type notice struct {
	ID    string `json:"id"`
	Type  string `json:"type"`
	Alert struct {
		ID      string `json:"id"`
		Kind    string `json:"kind"`
		Subject string `json:"subject"`
	} `json:"alert"`
}

// hook is a webhook that refuses the first requests.
type hook struct {
	t *testing.T

	mu      sync.Mutex
	refuse  int
	refused map[string]bool // by Idempotency-Key
	order   []notice        // taken, without repeats
	taken   map[string]bool // by Idempotency-Key
}

func newHook(t *testing.T, refuse int) (h *hook, url string) {
	h = &hook{t: t, refuse: refuse, refused: map[string]bool{}, taken: map[string]bool{}}
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return h, s.URL
}

// ServeHTTP implements [http.Handler].
func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the sender was killed
	}
	if signature := r.Header.Get("GlobalMart-Signature"); !signedWith(webhookSecret, signature, body) {
		h.t.Errorf("the signature %q is not that of %s", signature, body)
	}
	var n notice
	if err := json.Unmarshal(body, &n); err != nil {
		h.t.Errorf("the body %s: %v", body, err)
	}
	key := r.Header.Get("Idempotency-Key")
	if key == "" || key != n.ID {
		h.t.Errorf("Idempotency-Key is %q, want the id of %s", key, body)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.refuse > 0 {
		h.refuse--
		h.refused[key] = true
		w.WriteHeader(http.StatusServiceUnavailable)
		return
	}
	if !h.taken[key] {
		h.taken[key] = true
		h.order = append(h.order, n)
	}
}

// signedWith checks a signature as docs/analytics.md says.
func signedWith(secret, signature string, body []byte) bool {
	stamp, sum, ok := strings.Cut(strings.TrimPrefix(signature, "t="), ",v1=")
	mac := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(mac, "%s.%s", stamp, body)
	return ok && hmac.Equal([]byte(sum), []byte(hex.EncodeToString(mac.Sum(nil))))
}

// got returns what was taken, in order and without repeats.
func (h *hook) got() []notice {
	h.mu.Lock()
	defer h.mu.Unlock()
	return slices.Clip(h.order)
}

// refusedTaken reports whether something was refused, and all of it came again under
// the same key.
func (h *hook) refusedTaken() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	for key := range h.refused {
		if !h.taken[key] {
			return false
		}
	}
	return len(h.refused) > 0
}

// until lets p go on until ok.
func until(p *process.Process, what string, ok func() bool) {
	p.T.Helper()
	for end := time.Now().Add(process.Patience); !ok(); p.KeepFor(50 * time.Millisecond) {
		if time.Now().After(end) {
			p.T.Fatalf("%s: not within %s", what, process.Patience)
		}
	}
}

// opens reports whether an alert of a kind is opened in notices, other than those
// known.
func opens(notices []notice, kind string, known []string) bool {
	return slices.ContainsFunc(notices, func(n notice) bool {
		return n.Type == "alert.opened" && n.Alert.Kind == kind && !slices.Contains(known, n.Alert.ID)
	})
}

// expectOnce checks that every alert was opened once, and none of a subject that
// had an open one.
func expectOnce(t *testing.T, notices []notice) {
	t.Helper()
	opened, open := map[string]bool{}, map[string]string{}
	for _, n := range notices {
		about := n.Alert.Kind + " " + n.Alert.Subject
		switch n.Type {
		case "alert.opened":
			if opened[n.Alert.ID] {
				t.Errorf("%s was opened twice", n.Alert.ID)
			}
			if before := open[about]; before != "" {
				t.Errorf("%s was opened while %s is open", n.Alert.ID, before)
			}
			opened[n.Alert.ID], open[about] = true, n.Alert.ID
		case "alert.closed":
			delete(open, about)
		}
	}
}

// listed returns the ids of the alerts that `globalmart alerts list` shows.
func listed(t *testing.T, dir string) []string {
	t.Helper()
	var out strings.Builder
	process.StartTo(t, &out, nil, "alerts", "list", "--data", dir, "--all", "--limit", "1000", "-o", "json").Succeed()
	var rows []struct{ ID string }
	if err := json.Unmarshal([]byte(out.String()), &rows); err != nil {
		t.Fatalf("alerts list: %v: %s", err, out.String())
	}
	ids := make([]string, len(rows))
	for i, r := range rows {
		ids[i] = r.ID
	}
	return ids
}

// missing returns the first of the alerts that no notice opened; "" if there is
// none.
func missing(alerts []string, notices []notice) string {
	opened := map[string]bool{}
	for _, n := range notices {
		opened[n.Alert.ID] = opened[n.Alert.ID] || n.Type == "alert.opened"
	}
	for _, id := range alerts {
		if !opened[id] {
			return id
		}
	}
	return ""
}

// inTopic returns the notices of the alerts topic.
func inTopic(t *testing.T, broker string) []notice {
	t.Helper()
	cfg := configOf(broker)
	ends, err := kafka.LogEnds(t.Context(), cfg, event.TopicAlerts)
	if err != nil {
		t.Fatal(err)
	}
	var all []notice
	err = kafka.Scan(t.Context(), cfg, nil, ends, func(r *kgo.Record) error {
		var n notice
		if err := json.Unmarshal(r.Value, &n); err != nil || n.Alert.ID != string(r.Key) {
			return fmt.Errorf("the record %s under the key %s: %w", r.Value, r.Key, err)
		}
		all = append(all, n)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

func TestAlertsAreToldOnceThroughADeadWebhookAndAKill(t *testing.T) {
	long(t)
	t.Parallel()
	dir := newDir(t)
	if err := os.WriteFile(filepath.Join(dir, "rules.yaml"), []byte(muchToTell), 0o600); err != nil {
		t.Fatal(err)
	}
	h, url := newHook(t, 1)
	start := func() *process.Process {
		return up(t, dir, []string{"GLOBALMART_ALERT_SECRET=" + webhookSecret}, "--rate", "200", "--alert-webhook", url+"/in?token=t0ken")
	}

	p := start()
	ready(p, dir)
	until(p, "the webhook takes notices", func() bool { return opens(h.got(), "finding", nil) })
	until(p, "what was refused comes again", h.refusedTaken)
	p.Kill()
	atKill := listed(t, dir)

	// The lease of the one that was killed has to run out first.
	p = start()
	broker := ready(p, dir).Kafka
	until(p, "what the killed one left untold is told", func() bool { return missing(atKill, h.got()) == "" })
	until(p, "new alerts are told", func() bool { return opens(h.got(), "finding", atKill) }) // of stock all may be open
	now := listed(t, dir)
	until(p, "the webhook knows every alert", func() bool { return missing(now, h.got()) == "" })
	until(p, "the topic knows every alert", func() bool { return missing(now, inTopic(t, broker)) == "" })
	p.StopCleanly()

	expectOnce(t, h.got())
	if strings.Contains(p.Output(), "t0ken") {
		t.Error("the query of the webhook's address is shown")
	}
	t.Logf("%d alerts at the kill, %d in the end", len(atKill), len(now))
}
