package lake

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
	"globalmart/internal/rules"
)

// The limits of a file and of the memory of a writer.
const (
	// RollBytes is the size of a file, compressed, at which the next one begins.
	RollBytes = 64 << 20
	// RollAfter is the age of a file at which the next one begins.
	RollAfter = 5 * time.Minute
	// holdBytes is what a writer keeps in memory of all its files together,
	// compressed and not; beyond, the largest writes a row group. It is about half
	// of the memory that a writer takes.
	holdBytes = 24 << 20
	// holdEvery is how many records are added between two looks at that.
	holdEvery = 512
)

// Config says what a writer writes, and where.
type Config struct {
	Dir      string         // of the lake
	Calendar rules.Calendar // its zone is that of event_date

	RollBytes int64         // 0 = RollBytes
	RollAfter time.Duration // 0 = RollAfter
	HoldBytes int           // 0 = holdBytes
	// Failpoint is called by name at the steps between which a crash must do no
	// harm. It may be nil.
	Failpoint func(name string)
}

// Writer puts records of the log into files of the raw source. It owns every
// partition that it is given records of: two writers on one lake do no harm, but
// only one gets its file in place, the other an [ErrConflict].
//
// It is for one goroutine, but for Floor and Stats.
type Writer struct {
	cfg   Config
	pack  *flat.Packer
	rower rower
	parts map[Place]*part
	last  *part // of the record before
	now   time.Time
	added int // records since the memory was looked at

	mu    sync.Mutex
	floor map[Place]int64 // durable
	stats Stats
}

// Stats are what a writer has done since it was opened.
type Stats struct {
	Files   int64 // published
	Records int64 // in them
	Bytes   int64 // of them
	Held    int64 // bytes in memory, as last looked at
}

// part is a partition. Its file is open while open is.
type part struct {
	Place
	next    int64 // offset of the record that must come
	durable int64 // offset after the last one that is in the lake

	rows   *flat.Writer // kept from file to file
	open   bool
	footer Footer
	day    int32
	since  time.Time
	temp   *temp  // nil until a row group is written
	value  []byte // of the last record; the caller's memory until settled
	own    []byte // memory for value
}

// Open opens the raw source of the lake for writing: it removes what a writer
// that died has left, and checks, for each partition, the footers of the files of
// its last two days and that no offset is missing between them. What cannot be
// continued is an error that names the file: [ErrCorrupt], [ErrHole],
// [ErrOverlap]. The lake must be writable.
func Open(cfg Config, now time.Time) (*Writer, error) {
	cfg.RollBytes = cmp.Or(cfg.RollBytes, RollBytes)
	cfg.RollAfter = cmp.Or(cfg.RollAfter, RollAfter)
	cfg.HoldBytes = cmp.Or(cfg.HoldBytes, holdBytes)
	if cfg.Failpoint == nil {
		cfg.Failpoint = func(string) {}
	}
	root := filepath.Join(cfg.Dir, SourceRaw)
	probe, err := createTemp(root, "probe")
	if err != nil {
		return nil, err
	}
	probe.drop()
	w := &Writer{
		cfg: cfg, pack: flat.NewPacker(), rower: rower{calendar: cfg.Calendar}, now: now,
		parts: map[Place]*part{}, floor: map[Place]int64{},
	}
	l, err := List(cfg.Dir, SourceRaw)
	if err != nil {
		return nil, err
	}
	for _, path := range l.Temps {
		if _, err := removeStale(path); err != nil {
			return nil, err
		}
	}
	for _, at := range l.Places() {
		next, err := l.next(at)
		if err != nil {
			return nil, err
		}
		w.part(at).begin(next)
		w.floor[at] = next
	}
	return w, nil
}

// next returns the offset after the last one that is in the lake.
func (l *Listing) next(at Place) (int64, error) {
	entries := l.Entries[at]
	if len(entries) == 0 {
		return 0, nil
	}
	found, err := spans(tail(entries))
	if err != nil {
		return 0, err
	}
	return found[len(found)-1].Last + 1, nil
}

// part returns the partition at.
func (w *Writer) part(at Place) *part {
	p := w.parts[at]
	if p == nil {
		p = &part{Place: at}
		w.parts[at] = p
	}
	return p
}

// begin makes next the offset of the record that must come.
func (p *part) begin(next int64) {
	p.next, p.durable, p.open, p.value = next, next, false, nil
	if p.rows != nil {
		p.rows.Reset()
	}
	if p.temp != nil {
		p.temp.drop()
		p.temp = nil
	}
}

// Next returns the offset from which a partition must be read: that after the
// last record added.
func (w *Writer) Next(topic string, partition int32) int64 {
	return w.part(Place{topic, partition}).next
}

// Floor returns, for each partition that has any, the offset below which the
// lake holds everything durably: the log may be trimmed up to there. It is safe
// for concurrent use.
func (w *Writer) Floor() map[Place]int64 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return maps.Clone(w.floor)
}

// Stats returns what was done so far. It is safe for concurrent use.
func (w *Writer) Stats() Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// RetryError reports that a file could not be written, as with a full disk. It
// was given up: what it held must be read again, from Next on.
type RetryError struct {
	Place
	From int64 // offset
	Err  error
}

func (e *RetryError) Error() string {
	return fmt.Sprintf("lake: write %s from offset %d: %v", e.Place, e.From, e.Err)
}

// Unwrap returns why.
func (e *RetryError) Unwrap() error { return e.Err }

// Append adds r, which must be the record at Next of its partition; records of
// transactions' markers are passed over. The error is a *[RetryError], after
// which r was not added and Next says from where to go on; or ErrConflict or
// another that is final.
//
// Memory of r is in use until the next call of Append for its partition, or of
// Settle.
func (w *Writer) Append(r *kgo.Record) error {
	p := w.last
	if p == nil || p.Partition != r.Partition || p.Topic != r.Topic {
		if !isTopic(r.Topic) {
			return fmt.Errorf("lake: topic %s is not one of the lake's", r.Topic)
		}
		p = w.part(Place{r.Topic, r.Partition})
		w.last = p
	}
	if r.Offset != p.next {
		return fmt.Errorf("lake: %s: offset %d came, want %d", p.Place, r.Offset, p.next)
	}
	at := event.TimeOf(r.Timestamp)
	if day := utcDay(at); p.open && day != p.day && day != p.day-1 {
		if err := w.roll(p); err != nil {
			return err
		}
	}
	if !p.open {
		w.start(p, at)
	}
	if r.Attrs.IsControl() {
		p.footer.skip(r.Offset)
	} else {
		w.rower.add(p.rows, &p.footer, p.Topic, &record{p.Partition, r.Offset, at, r.Key, r.Value, r.Headers})
		p.value = r.Value
	}
	p.next = r.Offset + 1
	return w.bound(p)
}

// start begins the file whose first record is the next one.
func (w *Writer) start(p *part, at event.Time) {
	if p.rows == nil {
		p.rows = flat.NewWriter(schemas[p.Topic], w.pack)
	}
	p.open, p.day, p.since = true, utcDay(at), w.now
	p.footer = newFooter(SourceRaw, p.Topic, p.Partition, w.cfg.Calendar.Zone(), p.next)
}

// Tick tells the time: files that are old enough are finished. Its errors are
// those of Append, joined.
func (w *Writer) Tick(now time.Time) error {
	w.now = now
	return w.rollAll(func(p *part) bool { return now.Sub(p.since) >= w.cfg.RollAfter })
}

// Flush finishes every file. Its errors are those of Append, joined.
func (w *Writer) Flush() error {
	return w.rollAll(func(*part) bool { return true })
}

func (w *Writer) rollAll(which func(*part) bool) error {
	var errs []error
	for _, at := range slices.SortedFunc(maps.Keys(w.parts), comparePlaces) {
		if p := w.parts[at]; p.open && which(p) {
			errs = append(errs, w.roll(p))
		}
	}
	return errors.Join(errs...)
}

// Settle lets go of the memory of records that were added.
func (w *Writer) Settle() {
	for _, p := range w.parts {
		if p.open && len(p.value) > 0 {
			p.own = append(p.own[:0], p.value...)
			p.value = p.own
		}
	}
}

// Close finishes every file. A writer that was closed is not used again.
func (w *Writer) Close() error {
	err := w.Flush()
	for _, p := range w.parts {
		p.begin(p.durable)
	}
	return err
}
