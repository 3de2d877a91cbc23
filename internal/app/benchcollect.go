package app

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/telemetry"
)

// BenchCollectOptions are those of `globalmart bench collect`.
type BenchCollectOptions struct {
	BenchOptions
	For         time.Duration // each run
	Connections int           // that send at once
}

// collectRun is what a collector took in one run.
type collectRun struct {
	Batch              int                       `json:"batch"`    // events of a request
	SlowLog            bool                      `json:"slow_log"` // the broker stood still for half of the time
	Seconds            float64                   `json:"seconds"`
	Events             int64                     `json:"events"` // acknowledged
	EventsPerSecond    float64                   `json:"events_per_second"`
	Requests           telemetry.LatencySnapshot `json:"requests"` // that were acknowledged
	SentAgain          int64                     `json:"sent_again"`
	CollectorCPU       float64                   `json:"collector_cpu_seconds"`
	EventsPerCPUSecond float64                   `json:"events_per_collector_cpu_second"` // 0 if its CPU was too little to be measured
	BrokerCPU          float64                   `json:"broker_cpu_seconds"`              // 0 if its process is not known
	ClientCPU          float64                   `json:"client_cpu_seconds"`
}

// collectFigures are what `bench collect` measures.
type collectFigures struct {
	Machine      machine      `json:"machine"`
	Connections  int          `json:"connections"`
	Runs         []collectRun `json:"runs"`
	Acknowledged int64        `json:"acknowledged"`
	Logged       int64        `json:"logged"` // records in the log in the end
	PeakRSSBytes int64        `json:"collector_peak_rss_bytes"`
}

// collecting is a collector in a process of its own, and who sends to it.
type collecting struct {
	*bench
	o      BenchCollectOptions
	pid    int
	url    string
	client *http.Client
	sent   atomic.Int64 // requests so far: no two are equal
}

// BenchCollect measures how many events a collector takes, in batches and one by one, and
// while the broker is slow. Collector, broker and sender are processes of their own.
func BenchCollect(ctx context.Context, env Env, o BenchCollectOptions) error {
	b, err := newBench(ctx, env, o.BenchOptions)
	if err != nil {
		return err
	}
	defer b.close()
	c := &collecting{bench: b, o: o, client: &http.Client{
		Timeout: 10 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: o.Connections},
	}}
	if err := c.start(ctx); err != nil {
		return err
	}
	f := &collectFigures{Machine: thisMachine(), Connections: o.Connections}
	for _, run := range []collectRun{{Batch: 100}, {Batch: 1}, {Batch: 100, SlowLog: true}} {
		if run.SlowLog && b.broker == nil {
			continue // nobody's cluster is made to stand still
		}
		env.Say("%s of batches of %d, slow log: %v", o.For, run.Batch, run.SlowLog)
		if err := c.measure(ctx, &run); err != nil {
			return err
		}
		f.Runs = append(f.Runs, run)
		f.Acknowledged += run.Events
	}
	if err := c.count(ctx, f); err != nil {
		return err
	}
	return env.Show(f, f.grid)
}

// start starts the collector and waits until it says where it listens.
func (c *collecting) start(ctx context.Context) error {
	cmd := c.self(context.WithoutCancel(ctx), append([]string{
		"collect", "-o", "json", "--log-level", "error", "--data", filepath.Join(c.dir, "collector"), "--listen", "127.0.0.1:0", "--operator-listen", "127.0.0.1:0",
	}, c.src.flags()...)...)
	out, err := cmd.StdoutPipe()
	if err != nil {
		return fmt.Errorf("start collector: %w", err)
	}
	if err := cmd.Start(); err != nil {
		return fmt.Errorf("start collector: %w", err)
	}
	c.cleanup = append(c.cleanup, func() { stopProcess(cmd) })
	c.pid = cmd.Process.Pid
	var said struct {
		Collector string `json:"collector"`
	}
	if err := json.NewDecoder(out).Decode(&said); err != nil {
		return fault.New(fault.Failed, "the collector of the bench did not start", errors.New("it says why above"), "mend that, or work elsewhere with --dir DIR")
	}
	c.url = said.Collector + "/v1/batch"
	return nil
}

// stopProcess asks a process to end and waits until it has.
func stopProcess(cmd *exec.Cmd) {
	_ = cmd.Process.Signal(syscall.SIGTERM) // an error means that it has ended
	_ = cmd.Wait()
}

// measure sends for as long as a run lasts.
func (c *collecting) measure(ctx context.Context, run *collectRun) error {
	collector, err := telemetry.Of(c.pid)
	if err != nil {
		return err
	}
	before, latency := c.sample(), telemetry.NewLatency()
	live, stop := context.WithTimeout(ctx, c.o.For)
	defer stop()
	g, live := errgroup.WithContext(live)
	var events, again atomic.Int64
	body := batchOf(run.Batch)
	for range c.o.Connections {
		g.Go(func() error {
			for live.Err() == nil {
				number := fmt.Appendf(nil, "%0*d", len(requestNumber), c.sent.Add(1))
				n, err := c.deliver(ctx, live, bytes.ReplaceAll(body, []byte(requestNumber), number), latency)
				if err != nil {
					return err
				}
				events.Add(int64(run.Batch))
				again.Add(n)
			}
			return nil
		})
	}
	if run.SlowLog {
		g.Go(func() error { return c.slow(live) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	after := c.sample()
	ended, err := telemetry.Of(c.pid)
	if err != nil {
		return err
	}
	run.Seconds, run.Events, run.SentAgain, run.Requests = after.at.Sub(before.at).Seconds(), events.Load(), again.Load(), latency.Snapshot()
	run.CollectorCPU, run.ClientCPU = (ended.CPU - collector.CPU).Seconds(), (after.self.CPU - before.self.CPU).Seconds()
	run.BrokerCPU = (after.broker.CPU - before.broker.CPU).Seconds()
	run.EventsPerSecond, run.EventsPerCPUSecond = float64(run.Events)/run.Seconds, perCPUSecond(run.Events, run.CollectorCPU)
	return ctx.Err()
}

// perCPUSecond is 0 where the CPU is: its clock ticks every 10 ms, and JSON has no infinity.
func perCPUSecond(events int64, seconds float64) float64 {
	if seconds <= 0 {
		return 0
	}
	return float64(events) / seconds
}

// slow lets the broker stand still for half of the time.
func (c *collecting) slow(ctx context.Context) error {
	const half = 100 * time.Millisecond
	for ctx.Err() == nil {
		if err := c.broker.Process.Signal(syscall.SIGSTOP); err != nil {
			return fmt.Errorf("slow broker: %w", err)
		}
		sleep(ctx, half)
		if err := c.broker.Process.Signal(syscall.SIGCONT); err != nil {
			return fmt.Errorf("slow broker: %w", err)
		}
		sleep(ctx, half)
	}
	return nil
}

// deliverTime is how long a batch may take to be acknowledged.
const deliverTime = time.Minute

// deliver sends a batch until it is acknowledged, and returns how often it had to be sent
// again. It does not stop half way when live ends, only with ctx.
func (c *collecting) deliver(ctx, live context.Context, body []byte, latency *telemetry.Latency) (again int64, err error) {
	late := time.Now().Add(deliverTime)
	for {
		began := time.Now()
		status, err := c.post(ctx, body)
		switch {
		case status == http.StatusOK:
			latency.Record(time.Since(began))
			return again, nil
		case err == nil && status != http.StatusTooManyRequests && status != http.StatusServiceUnavailable:
			return again, fault.New(fault.Failed, fmt.Sprintf("the collector answers with status %d", status), nil, "")
		case ctx.Err() != nil:
			return again, ctx.Err()
		case began.After(late):
			return again, fault.New(fault.Timeout, "a batch was not acknowledged within "+deliverTime.String(), err, "")
		}
		again++
		sleep(live, 10*time.Millisecond)
	}
}

// post sends a body once.
func (c *collecting) post(ctx context.Context, body []byte) (status int, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, c.url, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	req.SetBasicAuth(developmentWriteKey, "")
	resp, err := c.client.Do(req)
	if err != nil {
		return 0, err
	}
	defer resp.Body.Close()
	_, err = io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, err
}

// requestNumber stands in a body where the number of the request goes, so that no two
// requests are equal, and is as long.
const requestNumber = "############"

// batchOf is the body of a request: orders, cart actions and views, 1:1:3, each of a visitor
// of its own.
func batchOf(events int) []byte {
	now := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
	body := []byte(`{"batch":[`)
	for i := range events {
		if i > 0 {
			body = append(body, ',')
		}
		id := fmt.Sprintf("%s-%04d", requestNumber, i)
		body = fmt.Appendf(body, `{"type":"track","messageId":"node-next-1772446830000-%s","anonymousId":"visitor-%s","userId":"customer-%s","timestamp":"%s",`+
			`"context":{"library":{"name":"@segment/analytics-node","version":"3.1.0"}},"integrations":{},"event":`, id, id, id, now)
		switch i % 5 {
		case 0:
			body = fmt.Appendf(body, `"Order Completed","properties":{"order_id":"order-%s","total":31.5,"shipping":3,"tax":2,"discount":2.5,"currency":"USD",`+
				`"products":[{"product_id":"product-%d","category":"Clothes","price":19,"quantity":1},{"product_id":"product-7","category":"Clothes","price":5,"quantity":2}]}}`, id, i)
		case 1:
			body = fmt.Appendf(body, `"Product Added","properties":{"cart_id":"cart-%s","product_id":"product-%d","category":"Clothes","price":19.9,"quantity":1}}`, id, i)
		default:
			body = fmt.Appendf(body, `"Product Viewed","properties":{"product_id":"product-%d","sku":"sku-%d","category":"Clothes","name":"Shirt","brand":"Nordic","price":19.9,"currency":"USD"}}`, i, i)
		}
	}
	return fmt.Appendf(body, `],"sentAt":"%s"}`, now)
}

// count compares what was acknowledged with what is in the log.
func (c *collecting) count(ctx context.Context, f *collectFigures) error {
	p, err := open(ctx, c.env, c.src, "bench", nil)
	if err != nil {
		return err
	}
	defer p.close()
	ends, err := kafka.LogEnds(ctx, p.kafka, event.TopicTransactions, event.TopicProductViews, event.TopicCartEvents)
	if err != nil {
		return p.kafkaFault(err)
	}
	for _, partitions := range ends {
		for _, end := range partitions {
			f.Logged += end
		}
	}
	ended, err := telemetry.Of(c.pid)
	if err != nil {
		return err
	}
	f.PeakRSSBytes = ended.PeakRSS
	if f.Logged < f.Acknowledged {
		return fault.New(fault.Failed, fmt.Sprintf("%d events were acknowledged, and %d are in the log", f.Acknowledged, f.Logged), nil, "report it: this must not happen")
	}
	return nil
}

func (f *collectFigures) grid() console.Grid {
	g := console.Grid{Header: []string{"batch", "slow log", "events/s", "p50 ms", "p99 ms", "sent again", "events per CPU-second (0 if not known)"}}
	for i := range f.Runs {
		r := &f.Runs[i]
		g.Rows = append(g.Rows, []any{
			r.Batch, r.SlowLog, fmt.Sprintf("%.0f", r.EventsPerSecond), inMilliseconds(r.Requests.P50), inMilliseconds(r.Requests.P99),
			r.SentAgain, fmt.Sprintf("%.0f", r.EventsPerCPUSecond),
		})
	}
	return g
}
