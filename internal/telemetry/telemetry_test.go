package telemetry_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/telemetry"
)

func TestLogsAreJSONWhereThereIsNoTerminal(t *testing.T) {
	var out bytes.Buffer
	log := telemetry.NewLogger(&out, slog.LevelInfo, os.Getenv)
	log.Debug("unseen")
	log.Info("started", "key", telemetry.Secret("hunter2"))
	var line map[string]any
	if err := json.Unmarshal(out.Bytes(), &line); err != nil {
		t.Fatalf("%q is not one JSON line: %v", out.String(), err)
	}
	if line["msg"] != "started" || line["key"] != "***" {
		t.Errorf("logged %v", line)
	}
}

func TestParseLevel(t *testing.T) {
	tests := map[string]struct {
		want slog.Level
		ok   bool
	}{
		"DEBUG": {slog.LevelDebug, true},
		"warn":  {slog.LevelWarn, true},
		" info": {slog.LevelInfo, true},
		"loud":  {0, false},
		"":      {0, false},
	}
	for in, tt := range tests {
		got, err := telemetry.ParseLevel(in)
		if got != tt.want || (err == nil) != tt.ok {
			t.Errorf("ParseLevel(%q) = %v, %v", in, got, err)
		}
	}
}

func TestSecretDoesNotShow(t *testing.T) {
	s := telemetry.Secret("hunter2")
	asJSON, err := json.Marshal(struct{ Key telemetry.Secret }{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, shown := range []string{fmt.Sprint(s), fmt.Sprintf("%v %s %+v %#v", s, s, s, s), string(asJSON)} {
		if strings.Contains(shown, "hunter2") || !strings.Contains(shown, "***") {
			t.Errorf("shown as %q", shown)
		}
	}
	if s.Reveal() != "hunter2" {
		t.Errorf("Reveal = %q", s.Reveal())
	}
	if got := telemetry.Secret("").String(); got != "" {
		t.Errorf("an empty secret shows %q", got)
	}
}

func TestLatency(t *testing.T) {
	t.Run("the quantiles are exact to three digits", func(t *testing.T) {
		l := telemetry.NewLatency()
		var writers sync.WaitGroup
		for w := range 4 {
			writers.Go(func() {
				for ms := 1 + w; ms <= 1000; ms += 4 {
					l.Record(time.Duration(ms) * time.Millisecond)
				}
			})
		}
		writers.Wait()
		s := l.Snapshot()
		near := func(name string, got time.Duration, ms int) {
			want := time.Duration(ms) * time.Millisecond
			if (got - want).Abs() > want/500 {
				t.Errorf("%s = %s, want %s", name, got, want)
			}
		}
		near("p50", s.P50, 500)
		near("p95", s.P95, 950)
		near("p99", s.P99, 990)
		near("max", s.Max, 1000)
		if s.Count != 1000 || s.Total != 500500*time.Millisecond {
			t.Errorf("count %d, total %s", s.Count, s.Total)
		}
	})
	t.Run("what is out of range is counted at the bound", func(t *testing.T) {
		l := telemetry.NewLatency()
		l.RecordN(-time.Second, 2)
		l.Record(48 * time.Hour)
		s := l.Snapshot()
		if s.Count != 3 || s.P50 != 0 || s.Max < 59*time.Minute {
			t.Errorf("snapshot %+v", s)
		}
	})
	t.Run("taking starts again from nothing", func(t *testing.T) {
		l := telemetry.NewLatency()
		l.Record(time.Second)
		if got := l.Take().Count; got != 1 {
			t.Errorf("took %d", got)
		}
		if diff := cmp.Diff(telemetry.LatencySnapshot{}, l.Snapshot()); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("JSON is in milliseconds", func(t *testing.T) {
		got, err := json.Marshal(telemetry.LatencySnapshot{Count: 1, P50: 1500 * time.Microsecond, Max: 2 * time.Second})
		want := `{"count":1,"p50_ms":1.5,"p95_ms":0,"p99_ms":0,"max_ms":2000}`
		if err != nil || string(got) != want {
			t.Errorf("got %s, %v", got, err)
		}
	})
}

func TestOperatorHandler(t *testing.T) {
	registry := telemetry.NewRegistry("1.2.3")
	l := telemetry.NewLatency()
	l.Record(250 * time.Millisecond)
	registry.MustRegister(l.Collector("globalmart_commit_seconds", "Event to committed."))
	server := httptest.NewServer(telemetry.OperatorHandler(registry))
	defer server.Close()
	tests := map[string]struct {
		path, want string
	}{
		"the build is shown":         {"/metrics", `globalmart_build_info{version="1.2.3"} 1`},
		"the runtime is shown":       {"/metrics", "go_goroutines "},
		"a latency is a histogram":   {"/metrics", "globalmart_commit_seconds_count 1"},
		"below it, its buckets":      {"/metrics", `globalmart_commit_seconds_bucket{le="0.15"} 0`},
		"above it, those":            {"/metrics", `globalmart_commit_seconds_bucket{le="0.5"} 1`},
		"profiles are served":        {"/debug/pprof/goroutine?debug=1", "goroutine profile: total"},
		"there is an index of those": {"/debug/pprof/", "heap"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, server.URL+tt.path, nil)
			if err != nil {
				t.Fatal(err)
			}
			response, err := server.Client().Do(request)
			if err != nil {
				t.Fatal(err)
			}
			defer response.Body.Close()
			body, err := io.ReadAll(response.Body)
			if err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), tt.want) {
				t.Errorf("%s: %d, %v, without %q", tt.path, response.StatusCode, err, tt.want)
			}
		})
	}
	t.Run("profiles are refused to other machines", func(t *testing.T) {
		request := httptest.NewRequestWithContext(t.Context(), http.MethodGet, "/debug/pprof/heap", nil)
		request.RemoteAddr = "192.0.2.1:4711"
		answer := httptest.NewRecorder()
		telemetry.OperatorHandler(registry).ServeHTTP(answer, request)
		if answer.Code != http.StatusForbidden {
			t.Errorf("answered %d", answer.Code)
		}
	})
}

func TestProcess(t *testing.T) {
	self, err := telemetry.Self()
	if err != nil {
		t.Fatal(err)
	}
	if self.CPU <= 0 {
		t.Errorf("used %s of CPU", self.CPU)
	}
	if _, err := os.Stat("/proc/self/status"); err != nil {
		t.Skip("no /proc here")
	}
	if self.RSS < 1<<20 || self.PeakRSS < self.RSS {
		t.Errorf("resident %d, at most %d", self.RSS, self.PeakRSS)
	}
	same, err := telemetry.Of(os.Getpid())
	if err != nil {
		t.Fatal(err)
	}
	if (same.CPU - self.CPU).Abs() > 500*time.Millisecond {
		t.Errorf("CPU by pid %s, by getrusage %s", same.CPU, self.CPU)
	}
	if _, err := telemetry.Of(1 << 30); err == nil {
		t.Error("a process that cannot exist was measured")
	}
}

func TestFsyncP99(t *testing.T) {
	dir := t.TempDir()
	p50, p99, err := telemetry.FsyncP99(dir, 5)
	if err != nil {
		t.Fatal(err)
	}
	if p50 <= 0 || p99 < p50 {
		t.Errorf("p50 %s, p99 %s", p50, p99)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 0 {
		t.Errorf("left behind %v, %v", left, err)
	}
	if _, _, err := telemetry.FsyncP99(dir+"/absent", 5); err == nil {
		t.Error("measured a directory that does not exist")
	}
	if _, _, err := telemetry.FsyncP99(dir, 0); err == nil {
		t.Error("measured no writes")
	}
}
