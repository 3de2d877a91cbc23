package chaos_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"os"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"globalmart/internal/datadir"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
	"globalmart/internal/verify"
)

// anyPort lets the system pick every port of an up.
var anyPort = []string{"--listen", "127.0.0.1:0", "--kafka-listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0"}

// badEvents are the flags of a generator that sends some of everything that can
// be wrong with events.
var badEvents = []string{"--duplicates", "0.02", "--late", "0.02", "--corrupt", "0.01"}

// inMemory is a file system without a disk behind it, if there is one.
const inMemory = "/dev/shm"

// newDir returns a directory for a data directory, which is gone when the test
// ends. It is not on a disk if that can be had: what was written survives the
// death of a process on either, and a disk that others use would only make the
// tests slow.
func newDir(t *testing.T) string {
	t.Helper()
	const enough = 2 << 30 // bytes
	var s unix.Statfs_t
	if err := unix.Statfs(inMemory, &s); err != nil || int64(s.Bavail)*s.Bsize < enough {
		return t.TempDir()
	}
	dir, err := os.MkdirTemp(inMemory, "chaos") //nolint:usetesting // t.TempDir is on the disk
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// up starts a platform on dir; more are further flags, which win.
func up(t *testing.T, dir string, env []string, more ...string) *process.Process {
	t.Helper()
	args := append([]string{"up", "--data", dir}, anyPort...)
	return process.Start(t, env, append(args, more...)...)
}

// ready waits until the platform has started and returns where it listens.
func ready(p *process.Process, dir string) datadir.Run {
	p.T.Helper()
	p.Await("ready in ")
	run, err := datadir.Read(dir)
	if err != nil {
		p.T.Fatal(err)
	}
	if run.PID != p.PID() {
		p.T.Fatalf("run.json of %s names process %d, want %d", dir, run.PID, p.PID())
	}
	return run
}

func configOf(broker string) kafka.Config {
	return kafka.Config{Brokers: []string{broker}, ClientID: "chaos"}
}

// settle runs a platform without shoppers on dir until it has applied all that the log
// holds, which a stop waits for only a little.
func settle(t *testing.T, dir string) {
	t.Helper()
	p := up(t, dir, nil, "--rate", "0")
	ready(p, dir)
	caughtUp(t, "--data", dir)
	p.StopCleanly()
}

// verifyClean runs `globalmart verify` with args; everything must hold, and there must
// be something.
func verifyClean(t *testing.T, args ...string) verify.Report {
	t.Helper()
	r := verifyHolds(t, args...)
	if r.Empty {
		t.Fatal("verify: there is nothing to compare")
	}
	return r
}

// verifyHolds is verifyClean for a platform to which nobody may have come yet.
func verifyHolds(t *testing.T, args ...string) verify.Report {
	t.Helper()
	var out strings.Builder
	p := process.StartTo(t, &out, nil, append([]string{"verify", "-o", "json", "--log-level", "warn", "--kafka-listen", "127.0.0.1:0"}, args...)...)
	code := p.Wait()
	var r verify.Report
	if err := json.Unmarshal([]byte(out.String()), &r); err != nil {
		t.Fatalf("verify: exit code %d, no report (%v):\n%s", code, err, p.Output())
	}
	if code != 0 || !r.OK {
		t.Fatalf("verify: exit code %d, ok %v: %v\n%s", code, r.OK, r.Err(), p.Output())
	}
	for _, i := range r.Invariants {
		if !i.OK || i.Found > 0 {
			t.Errorf("invariant %d (%s) does not hold: %v", i.ID, i.Name, i.Differences)
		}
	}
	return r
}

// verifySettled is verifyClean for a platform that has stopped and applied all
// that its log holds.
func verifySettled(t *testing.T, args ...string) verify.Report {
	t.Helper()
	r := verifyClean(t, args...)
	if r.Cut.Waiting > 0 {
		t.Errorf("%d records of the log are not applied", r.Cut.Waiting)
	}
	return r
}

// sales are what the API says of a period.
type sales struct {
	Orders  int64 `json:"orders"`
	Revenue int64 `json:"revenue_minor"`
}

// ask asks the API for the sales of today and yesterday, which midnight may make of today
// meanwhile; country "" is all.
func ask(t *testing.T, api, country string) sales {
	t.Helper()
	query := url.Values{"range": {"2d"}}
	if country != "" {
		query.Set("country", country)
	}
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+api+"/api/v1/sales/summary?"+query.Encode(), nil)
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("X-API-Key", "globalmart-api-key-2024")
	var totals sales
	process.Eventually(t, "the API has the time to answer", func() bool {
		resp, err := (&http.Client{Timeout: process.Patience}).Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if resp.StatusCode == http.StatusServiceUnavailable || resp.StatusCode == http.StatusGatewayTimeout {
			return false
		}
		var answer struct {
			Data struct{ Totals sales }
		}
		if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil || resp.StatusCode != http.StatusOK {
			t.Fatalf("API: status %d: %v", resp.StatusCode, err)
		}
		totals = answer.Data.Totals
		return true
	})
	return totals
}

// awaitSales waits until the platform shows orders: there is something to verify.
func awaitSales(p *process.Process, api string) {
	p.T.Helper()
	process.Eventually(p.T, "the API shows orders", func() bool { return ask(p.T, api, "").Orders > 0 })
}

// stopSignals are those that a person or an init system sends.
var stopSignals = map[string]syscall.Signal{"interrupt": syscall.SIGINT, "terminate": syscall.SIGTERM}
