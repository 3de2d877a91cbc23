package engine

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"globalmart/internal/event"
)

// probe is the fold of the property tests: one increment and one keyed final, so
// that every kind of output is proven. Increments count events by type; finals
// are bursts: runs of one visitor's events with gaps under burstGap, known by
// visitor and first event time, so that a late event can extend, merge and
// rename them.
type probe struct {
	bursts map[string][]burst // by visitor, by first
	now    event.Time
}

type burst struct {
	First, Last event.Time
	Count       int
	Emitted     bool
}

const (
	burstGap  = 60_000      // ms
	burstKeep = 2 * 3600000 // D of the tests, ms
	keepSlack = 60 * 60_000
)

// probeRows is what the probe wants written.
type probeRows struct {
	sums   map[string]int64
	finals map[string]string // "" deletes
}

func newProbeRows() *probeRows {
	return &probeRows{sums: map[string]int64{}, finals: map[string]string{}}
}

func (p *probeRows) DropIncrements() { clear(p.sums) }
func (p *probeRows) Len() int        { return len(p.sums) + len(p.finals) }

func newProbe() *probe { return &probe{bursts: map[string][]burst{}} }

func (p *probe) Apply(e *event.Event, out *probeRows) {
	out.sums[string(e.Type)]++
	visitor := strings.Clone(e.VisitorID)
	merged := burst{First: e.Time(), Last: e.Time(), Count: 1}
	var kept []burst
	for _, b := range p.bursts[visitor] {
		if merged.First-b.Last >= burstGap || b.First-merged.Last >= burstGap {
			kept = append(kept, b)
			continue
		}
		// Retracted whether it was written or not: a restart forgets which ticks
		// there were.
		out.finals[burstID(visitor, b)] = ""
		merged.Emitted = merged.Emitted || b.Emitted
		merged.First, merged.Last = min(merged.First, b.First), max(merged.Last, b.Last)
		merged.Count += b.Count
	}
	if merged.Emitted {
		out.finals[burstID(visitor, merged)] = merged.String()
	}
	kept = append(kept, merged)
	slices.SortFunc(kept, func(a, b burst) int { return int(a.First - b.First) })
	p.bursts[visitor] = kept
}

func (p *probe) Tick(now event.Time, out *probeRows) {
	p.now = now
	for visitor, bursts := range p.bursts {
		kept := bursts[:0]
		for _, b := range bursts {
			if !b.Emitted && b.Last+burstGap <= now {
				b.Emitted = true
				out.finals[burstID(visitor, b)] = b.String()
			}
			if b.Last+burstGap+burstKeep+keepSlack > now {
				kept = append(kept, b)
			}
		}
		p.bursts[visitor] = kept
		if len(kept) == 0 {
			delete(p.bursts, visitor)
		}
	}
}

func (p *probe) Snapshot(b []byte) []byte {
	state, err := json.Marshal(p.bursts)
	if err != nil {
		panic(err)
	}
	return append(b, state...)
}

func (p *probe) Restore(b []byte) error {
	p.bursts = map[string][]burst{}
	return json.Unmarshal(b, &p.bursts)
}

func burstID(visitor string, b burst) string { return visitor + "@" + b.First.String() }

func (b burst) String() string { return fmt.Sprintf("%d until %s", b.Count, b.Last) }
