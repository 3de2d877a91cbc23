package lake

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// Day is a day that is being written. Its parts are written by one goroutine
// each; Commit and Abandon are called when all of them are done.
type Day struct {
	bulk *Bulk
	day  int32
	dir  string // temporary

	mu    sync.Mutex
	parts map[int32]*DayPart
	first map[Place]int64 // offsets that the day began at
	files []*temp         // whole, but not durable yet
	lost  bool            // it, or an earlier day, was abandoned; guarded by the bulk's mutex
	bytes int64
}

// ErrAbandoned reports that a day cannot be completed because one that was begun
// before it was given up: its offsets are no longer the next ones.
var ErrAbandoned = errors.New("an earlier day was given up")

// Day begins the day date (yyyy-mm-dd), before or after the end of others. It is
// an error if it is complete or being written. End it by Commit or Abandon.
func (b *Bulk) Day(date string) (*Day, error) {
	day, err := dayOf(date)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done[day] {
		return nil, fmt.Errorf("lake: %s: %s is complete", b.cfg.Source, date)
	}
	if slices.ContainsFunc(b.begun, func(d *Day) bool { return d.day == day }) {
		return nil, fmt.Errorf("lake: %s: %s is being written", b.cfg.Source, date)
	}
	d := &Day{bulk: b, day: day, parts: map[int32]*DayPart{}, first: map[Place]int64{}}
	if d.dir, err = os.MkdirTemp(b.root, tempPrefix+dateName(day)+".*"+tempSuffix); err != nil {
		return nil, fmt.Errorf("lake: begin day: %w", err)
	}
	if err := os.Chmod(d.dir, dirMode); err != nil {
		return nil, errors.Join(fmt.Errorf("lake: begin day: %w", err), os.Remove(d.dir))
	}
	b.begun = append(b.begun, d)
	return d, nil
}

// Part begins the day's part in a partition of every topic, for one goroutine.
// It is an error if the partition's part of any day is being written.
func (d *Day) Part(partition int32) (*DayPart, error) {
	b := d.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.busy[partition] || partition < 0 {
		return nil, fmt.Errorf("lake: %s: a day of partition %d is being written", b.cfg.Source, partition)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.parts[partition] != nil {
		return nil, fmt.Errorf("lake: %s: partition %d of %s is written", b.cfg.Source, partition, dateOf(d.day))
	}
	tools := b.tools[partition]
	if tools == nil {
		tools = newTools(b.cfg.Calendar)
		b.tools[partition] = tools
	}
	p := &DayPart{day: d, partition: partition, tools: tools, topics: map[string]*dayTopic{}}
	d.parts[partition] = p
	b.busy[partition] = true
	return p, nil
}

// begin returns the offset of the day's first record in a place.
func (d *Day) begin(at Place) int64 {
	d.bulk.mu.Lock()
	next := d.bulk.next[at]
	d.bulk.mu.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	d.first[at] = next
	return next
}

// Bytes is the size of the files of the parts that are finished.
func (d *Day) Bytes() int64 {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.bytes
}

// Commit makes the day complete: its folder appears, durably, with all its files.
// It finishes the parts that are not. Days are committed in the order in which
// they were begun. After an error the day is abandoned.
func (d *Day) Commit() error {
	if err := d.commit(); err != nil {
		d.Abandon()
		return err
	}
	return syncDir(d.bulk.root)
}

func (d *Day) commit() error {
	for _, p := range slices.Sorted(maps.Keys(d.parts)) {
		if err := d.parts[p].Finish(); err != nil {
			return err
		}
	}
	if err := d.sync(); err != nil {
		return err
	}
	b := d.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	if d.lost {
		return fmt.Errorf("lake: %s: %s: %w", b.cfg.Source, dateOf(d.day), ErrAbandoned)
	}
	if b.begun[0] != d {
		return fmt.Errorf("lake: %s: %s was begun before %s and is not complete", b.cfg.Source, dateOf(b.begun[0].day), dateOf(d.day))
	}
	if err := os.Rename(d.dir, filepath.Join(b.root, dateName(d.day))); err != nil { // fails where there is a day
		return fmt.Errorf("lake: publish day: %w", err)
	}
	b.done[d.day] = true
	b.begun = slices.Delete(b.begun, 0, 1)
	return nil
}

// sync makes the files and their names durable.
func (d *Day) sync() error {
	dirs := map[string]bool{d.dir: true}
	for _, t := range d.files {
		dirs[filepath.Dir(t.file.Name())] = true
		if err := t.file.Sync(); err != nil {
			return fmt.Errorf("lake: sync %s: %w", t.file.Name(), err)
		}
	}
	d.closeFiles()
	for dir := range dirs {
		if err := syncDir(dir); err != nil {
			return err
		}
	}
	return nil
}

func (d *Day) closeFiles() {
	for _, t := range d.files {
		_ = t.file.Close()
	}
	d.files = nil
}

// Abandon gives the day up, and with it the days that were begun after it: their
// Commit fails with [ErrAbandoned]. It does nothing to a day that has ended.
func (d *Day) Abandon() {
	for _, p := range d.parts {
		p.drop()
	}
	d.closeFiles()
	b := d.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	switch at := slices.Index(b.begun, d); {
	case at >= 0:
		for _, later := range slices.Backward(b.begun[at:]) {
			later.lost = true
			later.mu.Lock()
			maps.Copy(b.next, later.first)
			later.mu.Unlock()
		}
		b.begun = b.begun[:at]
	case !d.lost:
		return // it is complete
	}
	_ = os.RemoveAll(d.dir) // the next OpenBulk removes what stays
}
