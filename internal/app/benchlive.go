package app

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"globalmart/internal/telemetry"
)

// liveFigures are how a platform bears questions beside its stream.
type liveFigures struct {
	Alone     streamPace     `json:"stream_alone"` // nobody asks
	Asked     streamPace     `json:"stream_asked"` // while questions are asked
	Questions questionsFaced `json:"questions"`
}

// streamPace is what the stream did for a while: from the arrival of an event until its
// result is durable, in milliseconds.
type streamPace struct {
	EventsPerSecond float64 `json:"events_per_second"`
	P50             float64 `json:"p50_ms"`
	P99             float64 `json:"p99_ms"`
}

// questionsFaced are questions that were asked at a steady pace, whatever became of
// those before. An answer's time counts from when the question was due.
type questionsFaced struct {
	Different int                       `json:"different"` // questions
	PerSecond float64                   `json:"per_second"`
	Answers   telemetry.LatencySnapshot `json:"answers"`
	Errors    int64                     `json:"server_errors"` // 5xx
	Others    int64                     `json:"other_errors"`  // all else that is not 200, no answer among them
}

// liveQuestions are what people with dashboards open ask, each with filters of their own.
func liveQuestions() []string {
	all := []string{
		"kpis", "sales/summary", "sales/timeseries?range=24h&granularity=hour", "sales/by-country?range=7d", "sales/by-category?range=7d", "monitoring/dashboard",
		"monitoring/anomalies", "monitoring/alerts", "sessions/summary", "carts/summary", "inventory?limit=20", "sessions?limit=20", "carts?limit=20",
	}
	for limit := 1; limit <= 60; limit++ {
		all = append(all, "sales/metrics?limit="+strconv.Itoa(limit))
	}
	for _, country := range []string{"US", "DE", "GB", "FR", "JP"} {
		all = append(all, "sales/metrics?country="+country, "kpis?country="+country, "sales/summary?country="+country)
	}
	for i := range all {
		all[i] = "/api/v1/" + all[i]
	}
	return all
}

// measureLive runs a platform and measures its stream, then asks it questions as well.
func (a *apiBench) measureLive(ctx context.Context) (f *liveFigures, err error) {
	a.env.Say("a platform with %g events/s", a.o.Rate)
	addr, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	operator, err := freeAddress(ctx)
	if err != nil {
		return nil, err
	}
	up, err := a.serve(ctx, a.self(ctx, "up", "--data", filepath.Join(a.dir, "live"), "--rate", strconv.FormatFloat(a.o.Rate, 'f', -1, 64),
		"--listen", addr, "--kafka-listen", anyPort, "--operator-listen", operator, "--log-level", "error", "-o", "json"), addr, "/readyz")
	if err != nil {
		return nil, err
	}
	defer up.stop()
	questions := liveQuestions()
	for _, q := range questions { // one that cannot be answered is no question of this bench
		if err := answered(ctx, up.url+q); err != nil {
			return nil, err
		}
	}
	f = &liveFigures{}
	if err := a.settle(ctx, operator); err != nil {
		return nil, err
	}
	idle := func(ctx context.Context) error {
		sleep(ctx, a.o.Time)
		return ctx.Err()
	}
	if f.Alone, err = paceOf(ctx, operator, idle); err != nil {
		return nil, err
	}
	a.env.Say("%g questions/s beside it", a.o.Asked)
	f.Asked, err = paceOf(ctx, operator, func(ctx context.Context) (err error) {
		f.Questions, err = face(ctx, up.url, questions, a.o.Asked, a.o.Time)
		return err
	})
	return f, err
}

// answeredTime is how long a question may go without an answer while a platform works
// through what its start brings.
const answeredTime = time.Minute

// answered asks a question until the server has the time to answer it.
func answered(ctx context.Context, question string) error {
	late := time.Now().Add(answeredTime)
	for {
		status, body, err := get(ctx, http.DefaultClient, question)
		switch {
		case err != nil || status == http.StatusOK:
			return err
		case status != http.StatusServiceUnavailable && status != http.StatusGatewayTimeout || time.Now().After(late):
			return fmt.Errorf("bench: GET %s: status %d: %s", question, status, body)
		}
		if !sleep(ctx, 100*time.Millisecond) {
			return ctx.Err()
		}
	}
}

// settleTimes is how often as long as a measurement a platform is waited for that still
// works through what its start brings: the whole catalogue.
const settleTimes = 6

// settle waits until the stream has no more to do than what shoppers bring, and as long
// again as a measurement takes.
func (a *apiBench) settle(ctx context.Context, operator string) error {
	limited, cancel := context.WithTimeout(ctx, settleTimes*a.o.Time)
	defer cancel()
	for limited.Err() == nil {
		pace, err := paceOf(ctx, operator, func(context.Context) error {
			sleep(limited, time.Second)
			return nil
		})
		if err != nil {
			return err
		}
		if pace.EventsPerSecond < 1.2*a.o.Rate {
			break
		}
	}
	sleep(ctx, a.o.Time)
	return ctx.Err()
}

// paceOf is the pace of the stream of a process, whose operator port is addr, while do
// runs.
func paceOf(ctx context.Context, addr string, do func(context.Context) error) (p streamPace, err error) {
	const records, latency = "globalmart_stream_records_total", "globalmart_stream_latency_seconds"
	before, err := scrapeMetrics(ctx, addr)
	if err != nil {
		return p, err
	}
	if err := do(ctx); err != nil {
		return p, err
	}
	after, err := scrapeMetrics(ctx, addr)
	if err != nil {
		return p, err
	}
	p.EventsPerSecond = (after.sum(records) - before.sum(records)) / after.at.Sub(before.at).Seconds()
	in := func(q float64) float64 {
		seconds, _ := quantile(q, after.buckets(latency), before.buckets(latency))
		return seconds * 1000
	}
	p.P50, p.P99 = in(0.5), in(0.99)
	return p, nil
}

// questionTime is how long an answer may take.
const questionTime = 10 * time.Second

// face asks a server questions, drawn with a seed of its own, so many a second for so
// long, and waits for the answers.
func face(ctx context.Context, server string, questions []string, perSecond float64, long time.Duration) (f questionsFaced, err error) {
	const seed = 1
	chance := rand.New(rand.NewPCG(seed, seed))
	client := &http.Client{Timeout: questionTime, Transport: &http.Transport{MaxIdleConnsPerHost: 256}}
	defer client.CloseIdleConnections()
	took := telemetry.NewLatency()
	var serverErrors, others atomic.Int64
	var all sync.WaitGroup
	began := time.Now()
	n := int(perSecond * long.Seconds())
	for i := range n {
		due := began.Add(time.Duration(float64(i) / perSecond * float64(time.Second)))
		if !sleep(ctx, time.Until(due)) {
			break
		}
		question := server + questions[chance.IntN(len(questions))]
		all.Go(func() {
			switch status, _, err := get(ctx, client, question); {
			case status >= http.StatusInternalServerError:
				serverErrors.Add(1)
			case err != nil || status != http.StatusOK:
				others.Add(1)
			}
			took.Record(time.Since(due))
		})
	}
	all.Wait()
	f = questionsFaced{
		Different: len(questions), PerSecond: float64(n) / time.Since(began).Seconds(), Answers: took.Snapshot(),
		Errors: serverErrors.Load(), Others: others.Load(),
	}
	return f, ctx.Err()
}
