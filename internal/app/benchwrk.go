package app

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"globalmart/internal/fault"
)

// load is what wrk puts on a server: so many connections, each of which asks again as
// soon as it is answered.
type load struct {
	server      string   // http://host:port
	questions   []string // paths with their queries, in turn
	connections int
	time        time.Duration // whole seconds
	anew        bool          // no answer that is kept is wanted
}

// loadFigures are how a server bore a load. Times are milliseconds.
type loadFigures struct {
	Requests          int64   `json:"requests"`
	Seconds           float64 `json:"seconds"`
	RequestsPerSecond float64 `json:"requests_per_second"`
	P50               float64 `json:"p50_ms"`
	P90               float64 `json:"p90_ms"`
	P99               float64 `json:"p99_ms"`
	Max               float64 `json:"max_ms"`
	AnswerBytes       int64   `json:"answer_bytes"`           // mean, with its header
	CPU               float64 `json:"cpu_seconds_per_100000"` // of the server's own processes, for so many requests
	// What stands behind it used beside that, where its process is known.
	RedisCPU float64 `json:"redis_cpu_seconds_per_100000,omitempty"`
	StoreCPU float64 `json:"store_cpu_seconds_per_100000,omitempty"`
}

// wrkScript tells wrk what to ask, and how to tell what came of it.
//
//go:embed benchwrk.lua
var wrkScript []byte

// wrkTimeout is how long one answer may take until it counts as failed.
const wrkTimeout = 10 * time.Second

// needWrk fails if the program is missing that puts loads on servers.
func needWrk() error {
	if _, err := exec.LookPath("wrk"); err != nil {
		return fault.New(fault.Failed, "the program wrk is missing, which puts the load on the API", nil,
			"apt-get install wrk (make setup does so), or see https://github.com/wg/wrk")
	}
	return nil
}

// said is what the script says of a load; times are microseconds.
type said struct {
	Requests, Microseconds, Bytes, Refused, Broken int64
	P50, P90, P99, Max                             float64
}

// wrk puts l on its server. A request that is not answered, or with an error, fails it:
// figures of refusals say nothing.
func (b *bench) wrk(ctx context.Context, l load) (f loadFigures, err error) {
	script := filepath.Join(b.dir, "wrk.lua")
	if err := os.WriteFile(script, wrkScript, 0o600); err != nil {
		return f, fmt.Errorf("bench: %w", err)
	}
	const threads = 2 // an answer waits for the one before it on the same thread
	args := []string{
		"--threads", strconv.Itoa(min(threads, l.connections)), "--connections", strconv.Itoa(l.connections), "--timeout", wrkTimeout.String(),
		"--duration", strconv.Itoa(int(l.time.Seconds())) + "s", "--script", script,
	}
	if l.anew {
		args = append(args, "--header", "Cache-Control: no-cache")
	}
	args = append(append(args, l.server, "--", developmentKey), l.questions...)
	cmd := exec.CommandContext(ctx, "wrk", args...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return f, fault.New(fault.Failed, "wrk failed", errors.Join(ctx.Err(), err), "it says why above")
	}
	s, err := parseWrk(out)
	if err != nil {
		return f, err
	}
	if s.Requests == 0 || s.Refused+s.Broken > 0 {
		return f, fault.New(fault.Failed, fmt.Sprintf("%d of %d requests to %s%s failed", s.Refused+s.Broken, s.Requests, l.server, l.questions[0]),
			fmt.Errorf("%d were answered with an error, %d not at all", s.Refused, s.Broken), "see what it logs above")
	}
	return s.figures(), nil
}

// parseWrk finds what the script says in what wrk says.
func parseWrk(out []byte) (s said, err error) {
	for line := range bytes.Lines(out) {
		if bytes.HasPrefix(line, []byte("{")) {
			err = json.Unmarshal(line, &s)
			return s, err
		}
	}
	return s, fmt.Errorf("bench: wrk does not say what came of the load: %s", bytes.TrimSpace(out))
}

func (s said) figures() loadFigures {
	const second, millisecond = 1e6, 1e3
	seconds := float64(s.Microseconds) / second
	return loadFigures{
		Requests: s.Requests, Seconds: seconds, RequestsPerSecond: float64(s.Requests) / seconds, AnswerBytes: s.Bytes / s.Requests,
		P50: s.P50 / millisecond, P90: s.P90 / millisecond, P99: s.P99 / millisecond, Max: s.Max / millisecond,
	}
}
