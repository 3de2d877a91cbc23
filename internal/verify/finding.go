package verify

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// keptFindings is less than any installation keeps findings.
const keptFindings = event.Time(365 * 24 * 3_600_000)

// checkFindings is invariant 1 on unusual orders: each order of the log was held
// against the baseline that was in force, what is unusual was found, and nothing
// else was.
func checkFindings(ctx context.Context, e *evidence, r *Result) error {
	if e.isTrimmed() {
		r.note("unusual orders were not compared: the log was trimmed")
		return nil
	}
	r.Checked += e.judged
	want := maps.Clone(e.findings)
	kept := e.recordTime() - keptFindings
	for row, err := range e.view.Findings(ctx) {
		if err != nil {
			return err
		}
		if row.Finding.At < kept || row.Key.Rule == store.Velocity && !e.shoppers.Keeps(row.Finding.VisitorID) {
			continue
		}
		r.Checked++
		w, ok := want[row.Key]
		key := findingText(row.Key)
		switch {
		case !ok:
			r.differ(key, "row", "none", fmt.Sprintf("score %d against %q", row.Finding.ScoreMilli, row.Finding.Baseline))
		case !slices.Contains(w.Baselines, row.Finding.Baseline):
			r.differ(key, "baseline", strings.Join(w.Baselines, " or "), row.Finding.Baseline)
		case len(w.Baselines) == 1 && row.Key.Rule != store.Velocity && distance(w.Score, row.Finding.ScoreMilli) > 2:
			r.differ(key, "score_milli", w.Score, row.Finding.ScoreMilli)
		}
		delete(want, row.Key)
	}
	for k, w := range want {
		if w.Must && w.At >= kept {
			r.differ(findingText(k), "row", fmt.Sprintf("score %d against %s", w.Score, strings.Join(w.Baselines, " or ")), "none")
		}
	}
	return nil
}

func findingText(k store.FindingKey) string {
	return fmt.Sprintf("%s of event %s", k.Rule, quoted(k.EventID))
}

func distance(a, b int64) int64 { return max(a-b, b-a) }

// newJudge returns what judges the orders of p, or nil if there are none there.
func (e *evidence) newJudge(p *part) *model.Judge {
	if p.topic != event.TopicTransactions {
		return nil
	}
	j := model.NewJudge(e.Rules, p.partition, e.baselines)
	j.OneIn = e.shoppers.OneIn
	return j
}
