package app

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
)

// historySpec says what a history holds, but not of which days.
type historySpec struct {
	lake       string // directory
	seed       uint64
	orders     int // a day
	ordersOnly bool
	rules      rules.Rules
	shop       shop.Config // but for what follows from the fields above and from the days
}

// The keys of the manifest of a history.
const (
	keyStart = "start" // its first day
	keyEnd   = "end"   // the day after its last one: where live data may begin
)

// historyKeys are the other keys, with what to do about a value that differs.
var historyKeys = map[string]string{
	"generator":    "finish it with the version of globalmart that began it",
	"seed":         "--seed",
	"daily_orders": "--daily-orders",
	"events":       "--orders-only",
	"currency":     "the rules",
	"time_zone":    "the rules",
	"rates":        "the rules",
}

// historyGenerator names what makes the events of a history; it changes whenever
// they do.
const historyGenerator = "shop 1, 4 shards"

// manifest says where the history of s comes from, if it has the days d.
func (s *historySpec) manifest(d historyDays) lake.Manifest {
	events := "all"
	if s.ordersOnly {
		events = "orders"
	}
	return lake.Manifest{
		"generator":    historyGenerator,
		"seed":         strconv.FormatUint(s.seed, 10),
		"daily_orders": strconv.Itoa(s.orders),
		"events":       events,
		"currency":     s.rules.Currency,
		"time_zone":    s.rules.TimeZone,
		"rates":        s.rates(),
		keyStart:       d.start.Format(time.DateOnly),
		keyEnd:         d.end.Format(time.DateOnly),
	}
}

// rates are the exchange rates that the shop's amounts depend on: what a million
// of each currency's minor units come to.
func (s *historySpec) rates() string {
	worth := map[string]event.Minor{}
	for _, c := range s.shop.Countries {
		worth[c.Currency], _ = s.rules.Convert(1_000_000, c.Currency)
	}
	var text []string
	for _, currency := range slices.Sorted(maps.Keys(worth)) {
		text = append(text, fmt.Sprintf("%s %d", currency, worth[currency]))
	}
	return strings.Join(text, ", ")
}

// historyDays are whole days in UTC, by which the lake is divided: start is the
// first, end the day after the last.
type historyDays struct{ start, end time.Time }

func (d historyDays) count() int { return daysBetween(d.start, d.end) }

func (d historyDays) String() string {
	return fmt.Sprintf("the %d days from %s to %s", d.count(), d.start.Format(time.DateOnly), d.end.AddDate(0, 0, -1).Format(time.DateOnly))
}

func daysBetween(from, to time.Time) int { return int(to.Sub(from).Hours()) / 24 }

// utcDate is the day of t in UTC.
func utcDate(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// historyWish is which days are asked for: as many as days, before end; a zero
// end is where the history that is there ends, else as late as can be.
type historyWish struct {
	days int
	end  time.Time
}

// resolve returns the days that a history will have for a wish, given those that it
// is to have already (the zero value if there is none) and the day before which
// history must end, that of the first live data or today.
func (w historyWish) resolve(have historyDays, limit time.Time) (historyDays, error) {
	if have.start.IsZero() {
		end := w.end
		if end.IsZero() {
			end = limit
		}
		if end.After(limit) {
			return have, tooLate(end, limit)
		}
		return historyDays{end.AddDate(0, 0, -w.days), end}, nil
	}
	want := historyDays{have.start, have.start.AddDate(0, 0, w.days)}
	if !w.end.IsZero() {
		want = historyDays{w.end.AddDate(0, 0, -w.days), w.end}
	}
	room := daysBetween(have.start, limit)
	switch {
	case want.start.Before(have.start), w.end.IsZero() && w.days > max(room, have.count()):
		return have, fault.New(fault.Failed, fmt.Sprintf("the history begins on %s and cannot get days before that, since what happens on a day follows from the days before it", have.start.Format(time.DateOnly)), nil,
			fmt.Sprintf("ask for at most %d days; or remove the folder history of the lake and make it anew", max(room, have.count())))
	case want.end.After(limit) && want.end.After(have.end):
		return have, tooLate(want.end, limit)
	case want.end.After(have.end):
		return want.from(have.start), nil
	}
	return have, nil
}

func (d historyDays) from(start time.Time) historyDays { return historyDays{start, d.end} }

func tooLate(end, limit time.Time) error {
	return fault.New(fault.Usage, fmt.Sprintf("history up to %s would meet live data: that begins on %s, or may", end.Format(time.DateOnly), limit.Format(time.DateOnly)), nil,
		"end it there or before: --end "+limit.Format(time.DateOnly))
}

// historyLimit is the day before which a history in a lake must end: that of the
// first live event that the lake holds, else today.
func historyLimit(dir string, today time.Time) (time.Time, error) {
	l, err := lake.List(dir, lake.SourceRaw)
	if err != nil {
		return today, err
	}
	for _, entries := range l.Entries {
		for _, e := range entries {
			if first := time.Unix(int64(e.Day)*24*60*60, 0).UTC(); !e.Gap && first.Before(today) {
				today = first
			}
		}
	}
	return today, nil
}

// daysOf reads the days of a manifest.
func daysOf(m lake.Manifest) (d historyDays, err error) {
	if d.start, err = time.Parse(time.DateOnly, m[keyStart]); err != nil {
		return d, err
	}
	if d.end, err = time.Parse(time.DateOnly, m[keyEnd]); err != nil {
		return d, err
	}
	if !d.end.After(d.start) {
		return d, fmt.Errorf("it ends on %s and begins on %s", m[keyEnd], m[keyStart])
	}
	return d, nil
}

// open opens the history of s for writing the days of a wish. It returns nil if all
// of them are there. The caller closes the bulk of what it returns, if anything.
func (s *historySpec) open(wish historyWish, today time.Time) (*history, historyDays, error) {
	var have, days historyDays
	found, err := lake.ReadManifest(s.lake, lake.SourceHistory)
	if err != nil && !errors.Is(err, lake.ErrCorrupt) {
		return nil, have, s.writeFault(err)
	}
	if err == nil && found != nil {
		have, err = daysOf(found)
	}
	if err != nil {
		return nil, have, fault.New(fault.Failed, "the history in "+s.lake+" does not say where it comes from", err, "remove its folder history and make it anew")
	}
	if found != nil {
		if err := s.same(found, s.manifest(have)); err != nil {
			return nil, have, err
		}
	}
	limit, err := historyLimit(s.lake, today)
	if err != nil {
		return nil, have, s.writeFault(err)
	}
	if days, err = wish.resolve(have, limit); err != nil {
		return nil, have, err
	}
	if found == nil {
		have = days
	}
	bulk, err := lake.OpenBulk(lake.BulkConfig{Dir: s.lake, Source: lake.SourceHistory, Calendar: s.rules.Calendar(), Manifest: s.manifest(have)})
	if err == nil && days != have {
		err = bulk.Extend(s.manifest(days))
	}
	if err != nil {
		return nil, days, s.writeFault(err)
	}
	h, err := s.missing(bulk, days)
	if err != nil || h == nil {
		return nil, days, errors.Join(err, bulk.Close())
	}
	return h, days, nil
}

// missing returns the history that writes what bulk has not of the days; nil if it
// has all.
func (s *historySpec) missing(bulk *lake.Bulk, days historyDays) (*history, error) {
	var missing []*historyDay
	for day := days.start; day.Before(days.end); day = day.AddDate(0, 0, 1) {
		date := day.Format(time.DateOnly)
		switch {
		case !bulk.Done(date):
			missing = append(missing, &historyDay{
				date: date, end: event.TimeOf(day.AddDate(0, 0, 1)), left: historyShards, full: make(chan struct{}),
			})
		case len(missing) > 0:
			return nil, fault.New(fault.Failed, fmt.Sprintf("the history in %s lacks %s, but has later days", s.lake, missing[0].date), nil,
				"bring the day's folder back; or remove the folder history and make it anew")
		}
	}
	if len(missing) == 0 {
		return nil, nil
	}
	cfg := s.shop
	cfg.Seed, cfg.Start, cfg.Rate, cfg.Convert = s.seed, event.TimeOf(days.start), shop.Business(float64(s.orders)), s.rules.Convert
	shards, err := shop.NewShards(cfg, historyShards)
	if err != nil {
		return nil, fault.New(fault.Usage, "there is no such history", err, "globalmart backfill --help")
	}
	return &history{
		bulk: bulk, shards: shards, days: missing, ordersOnly: s.ordersOnly,
		from: missing[0].end.Add(-24 * time.Hour), first: len(missing) == days.count(),
		skipped: func(int) {}, written: func(int) {}, completed: func(string) {},
	}, nil
}

// same fails if a history comes from elsewhere than it would now.
func (s *historySpec) same(found, want lake.Manifest) error {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		if found[key] == want[key] {
			continue
		}
		fix := historyKeys[key]
		if strings.HasPrefix(fix, "--") {
			fix = fmt.Sprintf("go on with it as it was begun (%s), or use another directory", historyFlags(found))
		} else if fix == "the rules" {
			fix = "bring back the rules that it was begun by; or remove the folder history of the lake and make it anew"
		}
		return fault.New(fault.Failed, fmt.Sprintf("the history in %s was made from something else: %s is %q there, and %q now", s.lake, key, found[key], want[key]), lake.ErrOtherSource, fix)
	}
	return nil
}

// historyFlags are the flags of backfill that made a history.
func historyFlags(m lake.Manifest) string {
	flags := "--seed " + m["seed"] + " --daily-orders " + m["daily_orders"]
	if m["events"] == "orders" {
		flags += " --orders-only"
	}
	return flags
}

// writeFault is what a person can do about a history that cannot be written.
func (s *historySpec) writeFault(err error) error {
	if fault.FixOf(err) != "" {
		return err
	}
	return lakeFault("the history", s.lake, err)
}

// lakeFault is what a person can do about a source of the lake that cannot be
// written.
func lakeFault(what, dir string, err error) error {
	fix := "see that " + dir + " is writable and undamaged: globalmart verify --deep says what is wrong with its files"
	switch {
	case errors.Is(err, lake.ErrConflict):
		fix = "wait until the other globalmart that writes it is done, or stop that one"
	case errors.Is(err, lake.ErrHole), errors.Is(err, lake.ErrOverlap), errors.Is(err, lake.ErrCorrupt):
		fix = "bring the file back, from a copy; or remove the folder of the source and make it anew"
	case errors.Is(err, os.ErrPermission):
		fix = fmt.Sprintf("make %s writable for this user (uid %d)", dir, os.Getuid())
	case errors.Is(err, lake.ErrOtherSource):
		fix = "use another directory"
	case errors.Is(err, syscall.ENOTDIR):
		fix = "a file is in the way: name a directory that is one or does not exist yet"
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		fix = "free some space on the disk of " + dir + " and run it again: days that are whole are kept"
	case errors.Is(err, syscall.EROFS):
		fix = "the file system is read-only: name a directory on another one"
	}
	return fault.New(fault.Failed, "cannot write "+what+" in "+dir, err, fix)
}

// prepare makes the data directory of src, and gives it its rules if fresh is not
// nil, unless a process runs on it, which has done so.
func prepare(env Env, src Source, fresh *rules.Rules) error {
	run, err := running(src.Data)
	if err != nil || run.PID != 0 {
		return err
	}
	if _, err := os.Stat(datadir.Layout(src.Data).Kafka()); err == nil && fresh == nil {
		return nil
	}
	dir, err := datadir.Open(src.Data)
	if err != nil {
		return err
	}
	p := &platform{env: env, src: src, dir: dir}
	defer p.close()
	if fresh == nil {
		return nil
	}
	return p.writeRules(fresh)
}

// events is about how many events h writes, for a progress bar.
func (s *historySpec) events(h *history) int64 {
	perDay := float64(s.orders) * 1.12 // with stock and profiles
	if !s.ordersOnly {
		perDay += 15 * float64(s.orders)
	}
	n := int64(perDay) * int64(len(h.days))
	if h.first {
		n += 2 * int64(s.shop.Products)
	}
	return n
}

// label names h for a progress bar.
func (h *history) label() string {
	return "history, " + console.Count(int64(len(h.days))) + " days"
}
