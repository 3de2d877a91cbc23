package app

import (
	"context"
	"fmt"
	"os"
	"slices"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
)

// BenchAnomaliesOptions are those of `globalmart bench anomalies`.
type BenchAnomaliesOptions struct {
	Days   int // of virtual time
	Rate   Rate
	Seed   uint64
	Faults Faults
	Rules  string // rules file; "" = the built-in ones
}

// anomalyFigures are what `bench anomalies` measures.
type anomalyFigures struct {
	Machine        machine `json:"machine"`
	Seed           uint64  `json:"seed"`
	Rate           string  `json:"rate"`
	Days           int     `json:"days"`
	Seconds        float64 `json:"seconds"`
	Orders         int64   `json:"orders"` // events of the topic transactions, by what became of them
	Applied        int64   `json:"applied"`
	Duplicates     int64   `json:"duplicates"`
	TooOld         int64   `json:"too_old"`
	Dead           int64   `json:"dead"`
	LabelledTooOld int64   `json:"labelled_too_old"` // not counted below
	Baselines      int64   `json:"baselines"`
	Rules          []score `json:"rules"`
}

// BenchAnomalies measures how well unusual orders are found: a made-up shop with
// anomalies, late events and duplicates goes through decoder, horizon, check for
// duplicates and processor in memory, and what is found is compared with what the
// generator knows. Views and cart actions are left out: no rule looks at them.
func BenchAnomalies(ctx context.Context, env Env, o BenchAnomaliesOptions) error {
	r, err := benchRules(o.Rules)
	if err != nil {
		return err
	}
	cfg, err := o.shop(r)
	if err != nil {
		return err
	}
	orders := int64(cfg.Rate.Orders * 24 * 60 * 60)
	days := "1 virtual day"
	if o.Days > 1 {
		days = fmt.Sprintf("%d virtual days", o.Days)
	}
	env.Say("%s at about %s orders a day", days, console.Count(orders))
	progress := env.Progress("judge", "orders", orders*int64(o.Days))
	defer progress.Done()
	started := time.Now()
	f, err := try(ctx, cfg, o.Days, r, func() { progress.Add(1) })
	if err != nil {
		return err
	}
	progress.Done()
	f.Rate, f.Seconds = o.Rate.String(), time.Since(started).Seconds()
	return env.Show(f, f.grid)
}

// shop is the made-up shop that o asks for.
func (o BenchAnomaliesOptions) shop(r rules.Rules) (shop.Config, error) {
	cfg := shop.Default()
	start, err := time.Parse(time.RFC3339, benchStart)
	if err != nil {
		return cfg, fmt.Errorf("bench: %w", err)
	}
	cfg.Seed, cfg.Start, cfg.Convert = o.Seed, event.TimeOf(start), r.Convert
	cfg.Rate, _ = o.Rate.shopRate()
	cfg.Faults = shop.Faults(o.Faults)
	return cfg, nil
}

// try judges the orders of some days of a shop. judged is called for each.
func try(ctx context.Context, cfg shop.Config, days int, r rules.Rules, judged func()) (*anomalyFigures, error) {
	s, err := shop.New(cfg)
	if err != nil {
		return nil, fault.New(fault.Usage, "the generator's settings are not valid", err, "globalmart bench anomalies --help")
	}
	const day = 24 * time.Hour
	end := cfg.Start.Add(time.Duration(days) * day)
	t := newTrial(r)
	for e := range s.Select(shop.Selection{OrdersOnly: true}) {
		if e.At >= end || ctx.Err() != nil {
			break
		}
		if e.Topic != event.TopicTransactions {
			continue
		}
		if err := t.take(&e); err != nil {
			return nil, err
		}
		judged()
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	f := t.figures(cfg.Start.Add(day))
	f.Seed, f.Days = cfg.Seed, days
	return f, nil
}

// benchRules reads a rules file; without one the built-in rules hold.
func benchRules(path string) (rules.Rules, error) {
	if path == "" {
		return rules.Default(), nil
	}
	text, err := os.ReadFile(path)
	if err != nil {
		return rules.Rules{}, fault.New(fault.Usage, "cannot read the rules", err, "globalmart bench anomalies --rules FILE")
	}
	r, err := rules.Parse(text)
	if err != nil {
		return rules.Rules{}, fault.New(fault.Usage, fmt.Sprintf("the rules in %s are not valid", path), err, "mend what it says")
	}
	return r, nil
}

func (f *anomalyFigures) grid() console.Grid {
	g := console.Grid{Header: []string{"rule", "when", "labelled", "found", "recall", "findings", "right", "precision"}}
	for i := range f.Rules {
		s := &f.Rules[i]
		g.Rows = append(g.Rows, []any{s.Rule, s.When, s.Labelled, s.Found, share(s.Recall), s.Findings, s.Right, share(s.Precision)})
	}
	return g
}

// share shows a part of a whole; nil is one of nothing.
func share(p *float64) string {
	if p == nil {
		return ""
	}
	return fmt.Sprintf("%.4f", *p)
}

// score is how well one rule did.
type score struct {
	Rule      string   `json:"rule"`
	When      string   `json:"when"`     // the first day, the days after it, or all
	Labelled  int64    `json:"labelled"` // orders that the generator made unusual in this way
	Found     int64    `json:"found"`    // of those
	Recall    *float64 `json:"recall"`   // null: nothing was labelled
	Findings  int64    `json:"findings"`
	Right     int64    `json:"right"`     // findings that are no false alarm
	Precision *float64 `json:"precision"` // null: nothing was found
}

func (s *score) divide() {
	ratio := func(part, whole int64) *float64 {
		if whole == 0 {
			return nil
		}
		return new(float64(part) / float64(whole))
	}
	s.Recall, s.Precision = ratio(s.Found, s.Labelled), ratio(s.Right, s.Findings)
}

// isRight reports whether a finding by rule is right on an order of a label: an
// order of far more units is also worth far more.
func isRight(rule, label shop.Kind) bool {
	return label == rule || rule == shop.HighValue && label == shop.UnusualQuantity
}

// isAnomaly reports whether a label is of an unusual order.
func isAnomaly(k shop.Kind) bool {
	return slices.Contains([]shop.Kind{shop.HighValue, shop.UnusualQuantity, shop.Velocity}, k)
}
