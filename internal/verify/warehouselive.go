package verify

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// LiveItem is what one reason adds to the live tables, to come to the warehouse;
// negative if they have more. Records are orders and refunds.
type LiveItem struct {
	Reason  string `json:"reason"` // one of the reasons, or "source NAME"
	Records int64  `json:"records"`
	SalesSum
}

// The reasons why the warehouse has an order or a refund that the live tables do not
// have, or the other way round.
const (
	ReasonTooOld    = "too_old"       // it came too late for the live side
	ReasonReused    = "id_used_again" // the live side took it for a repeat of an event of other days
	ReasonDuplicate = "duplicate"     // the live side counted it twice: the first was long ago, or on another partition or source
	ReasonWaiting   = "not_applied"   // the live side has not come to it yet
	ReasonNewer     = "not_in_batch"  // the warehouse has not come to it yet
	reasonSource    = "source "       // it is of a source that the log did not carry
)

// liveOrders is what became of the records of orders on the live side.
type liveOrders struct {
	parts map[int32]*livePart
	ahead bridge // what was applied that the warehouse has not taken in
}

// livePart is one partition of them.
type livePart struct {
	cut     int64                       // the warehouse has what is below it
	next    int64                       // the live side has what is below it
	refused map[int64]model.Disposition // below both: what was not applied, though it is an event
	ahead   bridge
	order   *orderEffects
}

// newLiveOrders prepares to take note, if there is a warehouse to hold it against.
func (e *evidence) newLiveOrders() {
	if e.warehouse == nil || e.warehouse.manifest == nil || e.Store == nil {
		return
	}
	live := &liveOrders{parts: map[int32]*livePart{}, ahead: bridge{}}
	for _, p := range e.parts {
		if p.topic == event.TopicTransactions {
			live.parts[p.partition] = &livePart{
				cut: e.warehouse.manifest.Cut.Raw[p.topic+"/"+strconv.Itoa(int(p.partition))], next: p.to,
				refused: map[int64]model.Disposition{}, ahead: bridge{}, order: newOrderEffects(e.seed, e.calendar),
			}
		}
	}
	e.warehouse.live = live
}

// livePart returns where to note what becomes of the records of p, or nil.
func (e *evidence) livePart(p *part) *livePart {
	if e.warehouse == nil || e.warehouse.live == nil || p.topic != event.TopicTransactions {
		return nil
	}
	return e.warehouse.live.parts[p.partition]
}

// take notes what became of a record; e is its event if it was applied.
func (l *livePart) take(offset int64, d model.Disposition, e *event.Event) {
	switch {
	case d == model.Applied && offset >= l.cut:
		l.order.of(e, lake.SourceRaw, 0, offset)
		l.ahead.add(ReasonNewer, &l.order.effects, -1)
	case (d == model.TooOld || d == model.Duplicate) && offset < l.cut:
		l.refused[offset] = d
	}
}

// compare notes in b why a record of the warehouse counts on one side only, if it does.
func (l *liveOrders) compare(b bridge, x *record, adds *effects, counts bool) {
	if x.source != lake.SourceRaw {
		if counts {
			b.add(reasonSource+x.source, adds, 1)
		}
		return
	}
	applied, reason := true, ""
	if p := l.parts[x.partition]; p == nil || x.offset >= p.next {
		applied, reason = false, ReasonWaiting
	} else if d, refused := p.refused[x.offset]; refused {
		applied, reason = false, map[model.Disposition]string{model.TooOld: ReasonTooOld, model.Duplicate: ReasonReused}[d]
	}
	switch {
	case counts && !applied:
		b.add(reason, adds, 1)
	case applied && !counts:
		b.add(ReasonDuplicate, adds, -1)
	}
}

// bridge is what leads from the live tables to the warehouse.
type bridge map[bridgeKey]*bridged

type bridgeKey struct {
	reason  string
	day     int32
	country string // ended by a zero byte, as in keys
}

type bridged struct {
	records int64
	measures
}

// add adds an order or a refund, or with a sign of -1 takes it away.
func (b bridge) add(reason string, adds *effects, sign int64) {
	records := int64(1) // its lines are of one day and country
	for i := range adds.all {
		x := &adds.all[i]
		if x.fact != salesDays {
			continue
		}
		at := b[bridgeKey{reason, x.day, string(adds.key(x))}]
		if at == nil {
			at = &bridged{}
			b[bridgeKey{reason, x.day, string(adds.key(x))}] = at
		}
		at.records += records
		at.measures.add(&x.measures, sign)
		records = 0
	}
}

func (b bridge) merge(o bridge) {
	for k, v := range o {
		if at := b[k]; at != nil {
			at.records += v.records
			at.measures.add(&v.measures, 1)
		} else {
			copied := *v
			b[k] = &copied
		}
	}
}

// items are the sums of b by reason.
func (b bridge) items() (items []LiveItem) {
	sums := map[string]*bridged{}
	for k, v := range b {
		if sums[k.reason] == nil {
			sums[k.reason] = &bridged{}
		}
		sums[k.reason].records += v.records
		sums[k.reason].measures.add(&v.measures, 1)
	}
	for reason, sum := range sums {
		items = append(items, LiveItem{reason, sum.records, salesSum(&sum.measures)})
	}
	slices.SortFunc(items, func(a, b LiveItem) int { return cmp.Compare(a.Reason, b.Reason) })
	return items
}

// checkWarehouseLive is invariant 1 between the live tables and the warehouse: of each
// day and country the warehouse has what the live tables have, with the records that
// count on one side only, each for a reason.
func checkWarehouseLive(ctx context.Context, e *evidence, r *Result) error {
	s := e.warehouse
	if s.want == nil || s.live == nil {
		return nil
	}
	if why := e.notBridged(); why != "" {
		r.note("the live tables were not held against the warehouse: %s", why)
		return nil
	}
	want, err := e.liveDays(ctx)
	if err != nil {
		return err
	}
	var live measures
	for _, m := range want {
		live.add(m, 1)
	}
	steps := s.want.bridge
	for _, p := range s.live.parts {
		steps.merge(p.ahead)
	}
	for k, v := range steps {
		k.reason = ""
		if want[k] == nil {
			want[k] = &measures{}
		}
		want[k].add(&v.measures, 1)
	}
	sum := salesSum(&live)
	s.shown.Live, s.shown.Items = &sum, steps.items()
	e.compareLive(r, want)
	return nil
}

// compareLive compares the sales of each day and country.
func (e *evidence) compareLive(r *Result, want map[bridgeKey]*measures) {
	for day, d := range e.warehouse.got.days {
		for country := range d[salesDays].rows {
			if k := (bridgeKey{day: day, country: country}); want[k] == nil {
				want[k] = &measures{}
			}
		}
	}
	keys := slices.SortedFunc(maps.Keys(want), func(a, b bridgeKey) int {
		return cmp.Or(cmp.Compare(a.day, b.day), cmp.Compare(a.country, b.country))
	})
	for _, k := range keys {
		r.Checked++
		got := e.warehouse.got.day(k.day)[salesDays].rows[k.country]
		if got == nil {
			got = &measures{}
		}
		for i, field := range facts[salesDays].measures {
			if want[k][i] != got[i] {
				r.differ("sales of "+dateText(k.day)+" "+strings.TrimSuffix(k.country, "\x00"), field+" (live tables and what explains the rest)", want[k][i], got[i])
			}
		}
	}
}

// liveDays are the sales that the live tables have, by day and country.
func (e *evidence) liveDays(ctx context.Context) (map[bridgeKey]*measures, error) {
	days := dayFinder{calendar: e.calendar}
	found := map[bridgeKey]*measures{}
	for row, err := range e.view.Sales(ctx, store.HourBySplit) {
		if err != nil {
			return nil, err
		}
		if row.Key.Category != store.AllCategories {
			continue
		}
		k := bridgeKey{day: days.of(row.Key.Start), country: row.Key.Country + "\x00"}
		if found[k] == nil {
			found[k] = &measures{}
		}
		s := &row.Sales
		found[k].add(&measures{
			s.Orders, s.Units - s.UnitsReturned, int64(s.RevenueMinor - s.RefundedMinor), int64(s.RefundedMinor), int64(s.TaxMinor), int64(s.ShippingMinor),
		}, 1)
	}
	return found, nil
}

// notBridged says why it is not known of each record what the live side made of it; "" if
// it is.
func (e *evidence) notBridged() string {
	for _, p := range e.parts {
		if p.topic == event.TopicTransactions && p.trimmed() {
			return "the log was trimmed"
		}
	}
	for _, s := range e.sources {
		for i := range s.Parts {
			p := &s.Parts[i]
			if p.Topic != event.TopicTransactions {
				continue
			}
			if p.Lost > 0 {
				return "records were lost, and that was accepted"
			}
			for _, span := range p.Spans {
				if span.Footer != nil && span.Footer.Zone != e.Rules.TimeZone {
					return "the lake has days of " + span.Footer.Zone + ", the rules say " + e.Rules.TimeZone
				}
			}
		}
	}
	return ""
}
