package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"slices"
	"time"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
)

// readings are the metrics of a process at one time.
type readings struct {
	at       time.Time
	families map[string]*dto.MetricFamily
}

// scrapeMetrics reads /metrics of the process whose operator port is addr.
func scrapeMetrics(ctx context.Context, addr string) (*readings, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+addr+"/metrics", http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("read metrics: %s answers %s", addr, resp.Status)
	}
	return parseMetrics(resp.Body, addr)
}

// maxMetrics bounds what is read of an answer, which are some ten KB: what answers
// need not be a globalmart.
const maxMetrics = 16 << 20

// parseMetrics reads metrics as the server at addr gave them.
func parseMetrics(text io.Reader, addr string) (*readings, error) {
	parser := expfmt.NewTextParser(model.UTF8Validation)
	families, err := parser.TextToMetricFamilies(io.LimitReader(text, maxMetrics))
	if err != nil {
		return nil, fmt.Errorf("read metrics: %w", err)
	}
	if families["globalmart_build_info"] == nil {
		return nil, errors.New("read metrics: what answers at " + addr + " is not a globalmart")
	}
	return &readings{time.Now(), families}, nil
}

// has reports whether the process shows the metric.
func (r *readings) has(name string) bool { return r.families[name] != nil }

// sum is the sum of a counter or gauge over all its labels.
func (r *readings) sum(name string) float64 {
	var sum float64
	for _, n := range r.by(name, "") {
		sum += n
	}
	return sum
}

// by is a counter or gauge by one of its labels, summed over the others.
func (r *readings) by(name, label string) map[string]float64 {
	sums := map[string]float64{}
	for _, m := range r.families[name].GetMetric() {
		key := ""
		for _, l := range m.GetLabel() {
			if l.GetName() == label {
				key = l.GetValue()
			}
		}
		sums[key] += m.GetCounter().GetValue() + m.GetGauge().GetValue()
	}
	return sums
}

// highest is the highest value of a gauge over its labels; 0 without one.
func (r *readings) highest(name string) float64 {
	var highest float64
	for _, m := range r.families[name].GetMetric() {
		highest = max(highest, m.GetGauge().GetValue())
	}
	return highest
}

// buckets is how many values of a histogram are at most each bound, all of them at
// most infinity.
func (r *readings) buckets(name string) map[float64]float64 {
	counts := map[float64]float64{}
	for _, m := range r.families[name].GetMetric() {
		for _, b := range m.GetHistogram().GetBucket() {
			if bound := b.GetUpperBound(); !math.IsInf(bound, 1) { // that is the sample count
				counts[bound] += float64(b.GetCumulativeCount())
			}
		}
		counts[math.Inf(1)] += float64(m.GetHistogram().GetSampleCount())
	}
	return counts
}

// grown is how much a counter or the count of a histogram grew since before, by a
// label; after a restart of the process, which counts from 0 again, since then.
func grown(now, before map[string]float64) map[string]float64 {
	diff := map[string]float64{}
	for key, n := range now {
		diff[key] = n
		if was := before[key]; was <= n {
			diff[key] -= was
		}
	}
	return diff
}

// quantile returns the q-quantile of the values that came into a histogram since
// before: within a bucket they are taken to be spread evenly, and above the
// highest bound to be at it, as Prometheus does. ok is false if none came.
func quantile(q float64, now, before map[float64]float64) (value float64, ok bool) {
	inf := math.Inf(1)
	if now[inf] < before[inf] {
		before = nil // another process
	}
	count := now[inf] - before[inf]
	if count <= 0 {
		return 0, false
	}
	bounds := make([]float64, 0, len(now))
	for bound := range now {
		bounds = append(bounds, bound)
	}
	slices.Sort(bounds)
	rank, low, below := q*count, 0.0, 0.0
	for _, bound := range bounds {
		n := now[bound] - before[bound]
		if n >= rank {
			if math.IsInf(bound, 1) {
				return low, true
			}
			return low + (bound-low)*(rank-below)/max(n-below, 1), true
		}
		low, below = bound, n
	}
	return low, true
}
