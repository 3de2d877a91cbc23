package verify

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"slices"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// Warehouse is what is needed of the warehouse.
type Warehouse interface {
	// Current returns the newest manifest, or [warehouse.ErrNone].
	Current() (*warehouse.Manifest, error)
	// Path returns where a file of a manifest is.
	Path(f warehouse.File) string
}

// WarehouseReport is which state of the warehouse was compared, and how it follows
// from the live tables.
type WarehouseReport struct {
	Run      string    `json:"run"`
	AsOf     string    `json:"as_of"` // yyyy-mm-dd: days before it were over
	Created  time.Time `json:"created"`
	Days     int       `json:"days"` // with orders or refunds, as the next two
	FirstDay string    `json:"first_day,omitempty"`
	LastDay  string    `json:"last_day,omitempty"`
	Total    SalesSum  `json:"total"`
	// Live is what the live tables come to; what they lack or have beside it is in
	// Items, and with those added they are Total. Nil if they were not compared.
	Live  *SalesSum  `json:"live,omitempty"`
	Items []LiveItem `json:"items,omitempty"`
}

// SalesSum is what orders and refunds come to. Units and amounts are net of refunds;
// amounts are in minor units of the reporting currency.
type SalesSum struct {
	Orders        int64       `json:"orders"`
	Units         int64       `json:"units"`
	NetMinor      event.Minor `json:"net_minor"`
	RefundMinor   event.Minor `json:"refund_minor"`
	TaxMinor      event.Minor `json:"tax_minor"`
	ShippingMinor event.Minor `json:"shipping_minor"`
}

func salesSum(m *measures) SalesSum {
	return SalesSum{
		m[salesOrders], m[salesUnits], event.Minor(m[salesNet]), event.Minor(m[salesRefund]), event.Minor(m[salesTax]), event.Minor(m[salesShipping]),
	}
}

// warehouseState is the state of the warehouse that is compared, and what was found of it.
type warehouseState struct {
	manifest *warehouse.Manifest // nil: there is none
	failed   error               // why the manifest cannot be read
	retired  bool                // files of it have been removed since, as is usual
	live     *liveOrders         // nil: there are no live tables
	want     *counted            // as the lake has it
	got      *totals             // as the warehouse has it
	shown    *WarehouseReport
}

// readManifest settles which state of the warehouse is compared. It comes before all
// else: so nothing that the warehouse has taken in is missing from what is read later.
func (e *evidence) readManifest() {
	m, err := e.Warehouse.Current()
	e.warehouse = &warehouseState{}
	switch {
	case err == nil:
		e.warehouse.manifest = m
		e.warehouse.shown = &WarehouseReport{Run: m.Run, AsOf: m.AsOf, Created: m.Created}
	case !errors.Is(err, warehouse.ErrNone):
		e.warehouse.failed = err
	}
}

// checkWarehouse is invariant 1 on the warehouse: the facts of each day are what the
// records of the lake come to that the warehouse has taken in, each that is there
// twice counted once: orders, units and amounts of each country, category, product and
// customer, every order line, and which records are duplicates.
func checkWarehouse(ctx context.Context, e *evidence, r *Result) error {
	s := e.warehouse
	if s.failed != nil {
		r.differ("warehouse", "manifest", "readable", s.failed.Error())
	}
	if s.manifest == nil {
		if s.failed == nil {
			r.note("there is no warehouse yet: `globalmart batch run all` makes one")
		}
		return nil
	}
	c := &recount{evidence: e, manifest: s.manifest, live: s.live, twice: map[string]map[uint64]bool{}}
	var err error
	if s.want, err = c.run(ctx); err != nil {
		if !damaged(err) && !errors.Is(err, errUnreadable) {
			return err
		}
		s.want = nil
		r.differ("lake", "records", "readable", err.Error())
		return nil
	}
	if s.got, err = e.readFacts(ctx, s.manifest, nil, r); err != nil {
		return err
	}
	if s.retired {
		s.want = nil
		*r = Result{ID: r.ID, Name: r.Name, OK: true, Differences: []Difference{}}
		r.note(retiredNote, s.manifest.Run)
		return nil
	}
	s.show()
	return c.compare(ctx, r)
}

const retiredNote = "files of run %s are gone, for the warehouse was published anew more than some minutes ago: verify it again"

// isRetired reports whether err says that a file is gone because newer runs have taken
// the place of the one that is compared.
func (e *evidence) isRetired(err error) bool {
	if !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	m, err := e.Warehouse.Current()
	return err == nil && m.Run != e.warehouse.manifest.Run
}

// show says what the warehouse comes to.
func (s *warehouseState) show() {
	var total measures
	var days []int32
	for day, d := range s.got.days {
		if len(d[salesDays].rows) > 0 {
			days = append(days, day)
		}
		for _, row := range d[salesDays].rows {
			total.add(row, 1)
		}
	}
	s.shown.Total, s.shown.Days = salesSum(&total), len(days)
	if len(days) > 0 {
		s.shown.FirstDay, s.shown.LastDay = dateText(slices.Min(days)), dateText(slices.Max(days))
	}
}

// detailed is how many days that differ are counted anew in detail.
const detailed = 3

// compare compares what the lake comes to with what the warehouse has.
func (c *recount) compare(ctx context.Context, r *Result) error {
	s := c.warehouse
	all := map[int32]bool{}
	for day := range s.want.totals.days {
		all[day] = true
	}
	for day := range s.got.days {
		all[day] = true
	}
	var unequal []int32
	for _, day := range slices.Sorted(maps.Keys(all)) {
		want, got := s.want.totals.day(day), s.got.day(day)
		compareRows(r, salesDays, day, want[salesDays].rows, got[salesDays].rows)
		differs := false
		for f := range factCount {
			if f == salesDays || want[f].sums == got[f].sums {
				continue
			}
			if !c.hasFile(f, day) {
				r.differ(rowText(f, day, ""), "file", "the rows that follow from the lake", "none")
				continue
			}
			differs = true
		}
		if differs {
			unequal = append(unequal, day)
		}
	}
	return c.detail(ctx, r, unequal)
}

// hasFile reports whether the manifest names a file of a day.
func (c *recount) hasFile(f fact, day int32) bool {
	return len(c.manifest.Tables[facts[f].name].Between(dateText(day), dateText(day+1))) > 0
}

// detail finds the rows that differ on the first of some days. Of the others it says
// which facts do.
func (c *recount) detail(ctx context.Context, r *Result, days []int32) error {
	if len(days) == 0 {
		return nil
	}
	s := c.warehouse
	only := map[int32]bool{}
	for _, day := range days[:min(detailed, len(days))] {
		only[day] = true
	}
	again := *c
	again.only, again.live = only, nil
	want, err := again.run(ctx)
	if err != nil {
		return err
	}
	got, err := c.readFacts(ctx, c.manifest, only, r)
	if err != nil {
		return err
	}
	for _, day := range days {
		for f := range factCount {
			if f == salesDays || s.want.totals.day(day)[f].sums == s.got.day(day)[f].sums || !c.hasFile(f, day) {
				continue
			}
			if !only[day] {
				r.differ(rowText(f, day, ""), "rows", "those that follow from the lake", "others")
				continue
			}
			compareRows(r, f, day, want.totals.day(day)[f].rows, got.day(day)[f].rows)
		}
	}
	return nil
}

// compareRows compares the rows of a fact of a day.
func compareRows(r *Result, f fact, day int32, want, got map[string]*measures) {
	keys := map[string]bool{}
	for key := range want {
		keys[key] = true
	}
	for key := range got {
		keys[key] = true
	}
	r.Checked += int64(len(want))
	for _, key := range slices.Sorted(maps.Keys(keys)) {
		w, g := want[key], got[key]
		switch name := rowText(f, day, key); {
		case w == nil:
			r.differ(name, "row", "none", g.text(f))
		case g == nil:
			r.differ(name, "row", w.text(f), "none")
		default:
			for i, field := range facts[f].measures {
				if w[i] == g[i] {
					continue
				}
				if f == orderLines && i == lineOther {
					r.differ(name, field, "those of the record", "others")
					continue
				}
				r.differ(name, field, w[i], g[i])
			}
		}
	}
}

// text is what a row measures.
func (m *measures) text(f fact) string {
	if f == duplicates {
		return "one"
	}
	var parts []string
	for i, field := range facts[f].measures {
		if f != orderLines || i > 0 && i < lineOther {
			parts = append(parts, fmt.Sprintf("%s %d", field, m[i]))
		}
	}
	return strings.Join(parts, ", ")
}
