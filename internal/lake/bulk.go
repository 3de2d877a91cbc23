package lake

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"sync"

	"globalmart/internal/rules"
)

// manifestFile is what says where a source comes from.
const manifestFile = "source.json"

// Manifest says where a source comes from: names and values of the writer's own,
// such as a seed, a start, the hash of a file.
type Manifest map[string]string

// ErrOtherSource reports that a source is there already, from elsewhere.
var ErrOtherSource = errors.New("this source was made from something else")

// BulkConfig says what a bulk writer writes, and where.
type BulkConfig struct {
	Dir      string // of the lake
	Source   string // history, or one of ImportSource
	Calendar rules.Calendar
	Manifest Manifest // must be the same each time a source is continued

	RollBytes int64 // 0 = RollBytes
	HoldBytes int   // of each part of a day at hand; 0 = 32 MB
}

// bulkHoldBytes is what a part of a day that is being written keeps in memory.
const bulkHoldBytes = 32 << 20

// Bulk writes events straight to the lake, day by day, without the log. A day is
// complete or absent. Offsets are numbered by topic and partition from 0 on, in
// the order in which days are begun, so the parts of one partition are written one
// after the other; those of different partitions may be written at the same time.
// It is safe for concurrent use.
type Bulk struct {
	cfg  BulkConfig
	root string
	lock *os.File // of root: offsets are one writer's to give

	mu    sync.Mutex
	next  map[Place]int64
	done  map[int32]bool // days
	begun []*Day         // in the order in which they were begun
	busy  map[int32]bool // partitions
	tools map[int32]*tools
}

// OpenBulk opens a source for writing, alone: ErrConflict if another writer has it
// open. It removes days that were not finished. If the source is there with
// another manifest, the error is ErrOtherSource. The caller closes it.
func OpenBulk(cfg BulkConfig) (*Bulk, error) {
	if cfg.Source == SourceRaw || !sourceName.MatchString(cfg.Source) {
		return nil, fmt.Errorf("lake: %q is not a source that is written in bulk", cfg.Source)
	}
	cfg.RollBytes = cmp.Or(cfg.RollBytes, RollBytes)
	cfg.HoldBytes = cmp.Or(cfg.HoldBytes, bulkHoldBytes)
	b := &Bulk{
		cfg: cfg, root: filepath.Join(cfg.Dir, filepath.FromSlash(cfg.Source)),
		next: map[Place]int64{}, done: map[int32]bool{}, busy: map[int32]bool{}, tools: map[int32]*tools{},
	}
	if err := makeDir(b.root); err != nil {
		return nil, err
	}
	if err := b.open(); err != nil {
		return nil, errors.Join(err, b.Close())
	}
	return b, nil
}

// open takes the source and finds out what it holds.
func (b *Bulk) open() (err error) {
	if b.lock, err = os.Open(b.root); err != nil {
		return fmt.Errorf("lake: open source: %w", err)
	}
	if err := lock(b.lock); err != nil {
		return fmt.Errorf("lake: %s: %w: it is being written now", b.cfg.Source, ErrConflict)
	}
	if err := b.claim(); err != nil {
		return err
	}
	l, err := List(b.cfg.Dir, b.cfg.Source)
	if err != nil {
		return err
	}
	for _, path := range l.Temps {
		if err := os.RemoveAll(path); err != nil {
			return fmt.Errorf("lake: remove what a writer left: %w", err)
		}
	}
	return b.recover(l)
}

// Close lets other writers have the source. Days at hand must have ended.
func (b *Bulk) Close() error {
	if b.lock == nil {
		return nil
	}
	return b.lock.Close()
}

// claim writes the manifest, or compares it with the one that is there.
func (b *Bulk) claim() error {
	want, err := json.MarshalIndent(b.cfg.Manifest, "", "  ")
	if err != nil {
		return fmt.Errorf("lake: manifest: %w", err)
	}
	found, err := ReadManifest(b.cfg.Dir, b.cfg.Source)
	if err != nil {
		return err
	}
	if found == nil {
		t, err := createTemp(b.root, manifestFile)
		if err != nil {
			return err
		}
		if _, err := t.out.Write(append(want, '\n')); err != nil {
			t.drop()
			return fmt.Errorf("lake: manifest: %w", err)
		}
		if err := t.publish(manifestFile, func(string) {}); !errors.Is(err, ErrConflict) {
			return err
		}
		if found, err = ReadManifest(b.cfg.Dir, b.cfg.Source); err != nil {
			return err
		}
	}
	if !maps.Equal(found, b.cfg.Manifest) {
		return fmt.Errorf("lake: %s: %w: it says %v, this is %v", b.cfg.Source, ErrOtherSource, found, b.cfg.Manifest)
	}
	return nil
}

// ReadManifest returns what a source was made from; nil if it is not there.
func ReadManifest(dir, source string) (Manifest, error) {
	path := filepath.Join(dir, filepath.FromSlash(source), manifestFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("lake: manifest: %w", err)
	}
	var m Manifest
	if err := json.Unmarshal(text, &m); err != nil {
		return nil, corrupt(path, err)
	}
	if m == nil {
		return nil, corrupt(path, errors.New("it says nothing"))
	}
	return m, nil
}

// Extend replaces the manifest by m, which must say all that it said of what is
// there already. The caller sees to that.
func (b *Bulk) Extend(m Manifest) error {
	text, err := json.MarshalIndent(m, "", "  ")
	if err != nil {
		return fmt.Errorf("lake: manifest: %w", err)
	}
	t, err := createTemp(b.root, manifestFile)
	if err != nil {
		return err
	}
	defer t.drop()
	if _, err := t.out.Write(append(text, '\n')); err != nil {
		return fmt.Errorf("lake: manifest: %w", err)
	}
	if err := t.sync(); err != nil {
		return err
	}
	if err := os.Rename(t.file.Name(), filepath.Join(b.root, manifestFile)); err != nil {
		return fmt.Errorf("lake: manifest: %w", err)
	}
	b.cfg.Manifest = m
	return syncDir(b.root)
}

// recover finds the days that are there and where offsets go on.
func (b *Bulk) recover(l *Listing) error {
	for _, at := range l.Places() {
		next, err := l.next(at)
		if err != nil {
			return err
		}
		b.next[at] = next
		for _, e := range l.Entries[at] {
			b.done[e.Day] = true
		}
	}
	days, err := os.ReadDir(b.root)
	if err != nil {
		return fmt.Errorf("lake: days of %s: %w", b.cfg.Source, err)
	}
	for _, d := range days {
		if day, ok := parseDateName(d.Name()); ok {
			b.done[day] = true // also one without any event
		}
	}
	return nil
}

// Done reports whether the day date (yyyy-mm-dd) is complete.
func (b *Bulk) Done(date string) bool {
	day, err := dayOf(date)
	b.mu.Lock()
	defer b.mu.Unlock()
	return err == nil && b.done[day]
}
