package lake

import (
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
)

// Day is a day that is being written, to one partition of every topic.
type Day struct {
	bulk      *Bulk
	day       int32
	partition int32
	dir       string // temporary
	pack      *flat.Packer
	rower     rower
	topics    map[string]*dayTopic
	added     int
	json      []byte
	err       error
}

// dayTopic is a topic of a day.
type dayTopic struct {
	next   int64
	rows   *flat.Writer
	open   bool
	footer Footer
	temp   *temp
	value  []byte
}

// Day begins the day date (yyyy-mm-dd). It is an error if it is complete, or if
// another day of the partition is being written. End it by Commit or Abandon.
func (b *Bulk) Day(date string, partition int32) (*Day, error) {
	day, err := dayOf(date)
	if err != nil {
		return nil, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.done[day] {
		return nil, fmt.Errorf("lake: %s: %s is complete", b.cfg.Source, date)
	}
	if b.busy[partition] || partition < 0 {
		return nil, fmt.Errorf("lake: %s: a day of partition %d is being written", b.cfg.Source, partition)
	}
	d := &Day{
		bulk: b, day: day, partition: partition, pack: flat.NewPacker(),
		rower: rower{calendar: b.cfg.Calendar}, topics: map[string]*dayTopic{},
	}
	if d.dir, err = os.MkdirTemp(b.root, tempPrefix+dateName(day)+".*"+tempSuffix); err != nil {
		return nil, fmt.Errorf("lake: begin day: %w", err)
	}
	if err := os.Chmod(d.dir, dirMode); err != nil {
		return nil, fmt.Errorf("lake: begin day: %w", err)
	}
	b.busy[partition] = true
	return d, nil
}

// topic returns where the day's next record of a topic goes.
func (d *Day) topic(name string) (*dayTopic, error) {
	t := d.topics[name]
	if t == nil {
		if !isTopic(name) {
			return nil, fmt.Errorf("lake: topic %s is not one of the lake's", name)
		}
		d.bulk.mu.Lock()
		next := d.bulk.next[Place{name, d.partition}]
		d.bulk.mu.Unlock()
		t = &dayTopic{next: next, rows: flat.NewWriter(schemas[name], d.pack)}
		d.topics[name] = t
	}
	if !t.open {
		t.open = true
		t.footer = newFooter(d.bulk.cfg.Source, name, d.partition, d.bulk.cfg.Calendar.Zone(), t.next)
	}
	return t, nil
}

// Add adds e, which must be valid and arrived at e.ReceivedAt. Nothing of it is
// kept. After an error the day can only be abandoned.
func (d *Day) Add(e *event.Event) error {
	topic := e.Type.Topic()
	t, err := d.topic(topic)
	if err != nil {
		return err
	}
	d.json = e.AppendJSON(d.json[:0])
	d.rower.addEvent(t.rows, &t.footer, topic, &record{partition: d.partition, offset: t.next, time: e.ReceivedAt, key: ownKeyBytes(e), value: d.json}, e)
	return d.bound(topic, t, d.json)
}

// AddRecord adds a record of any content, as it would be in the log.
func (d *Day) AddRecord(topic string, received event.Time, key, value []byte) error {
	t, err := d.topic(topic)
	if err != nil {
		return err
	}
	d.rower.add(t.rows, &t.footer, topic, &record{partition: d.partition, offset: t.next, time: received, key: key, value: value})
	return d.bound(topic, t, value)
}

// bound keeps files and memory within their limits.
func (d *Day) bound(topic string, t *dayTopic, value []byte) error {
	t.next++
	t.value = append(t.value[:0], value...)
	if d.err != nil {
		return d.err
	}
	if t.rows.GroupRows() >= flat.MaxGroupRows {
		if d.err = d.endGroup(topic, t); d.err != nil {
			return d.err
		}
	}
	if d.added++; d.added < holdEvery {
		return nil
	}
	d.added = 0
	if t.rows.Written()+int64(t.rows.Held()) >= d.bulk.cfg.RollBytes {
		if d.err = d.roll(topic, t); d.err != nil {
			return d.err
		}
	}
	return d.spill()
}

// spill writes the largest row group if too much is held.
func (d *Day) spill() error {
	held, most, largest := 0, -1, ""
	for name, t := range d.topics {
		n := t.rows.Held()
		held += n
		if n > most {
			most, largest = n, name
		}
	}
	if held > d.bulk.cfg.HoldBytes {
		d.err = d.endGroup(largest, d.topics[largest])
	}
	return d.err
}

func (d *Day) endGroup(topic string, t *dayTopic) error {
	if err := d.ensureTemp(topic, t); err != nil {
		return err
	}
	return t.rows.EndGroup(t.temp.out)
}

func (d *Day) ensureTemp(topic string, t *dayTopic) (err error) {
	if t.temp == nil {
		t.temp, err = createTemp(filepath.Join(d.dir, topic), fileName(d.partition, t.footer.First))
	}
	return err
}

// roll finishes the file of a topic.
func (d *Day) roll(topic string, t *dayTopic) error {
	if !t.open {
		return nil
	}
	if err := d.ensureTemp(topic, t); err != nil {
		return err
	}
	t.footer.LastHash = valueHash(t.value)
	if err := t.rows.Finish(t.temp.out, footerKey, t.footer.text()); err != nil {
		return err
	}
	file := t.temp
	t.temp, t.open = nil, false
	return file.publish(fileName(d.partition, t.footer.First), func(string) {})
}

// Commit makes the day complete: its folder appears with all its files. After an
// error the day is abandoned.
func (d *Day) Commit() error {
	for _, topic := range slices.Sorted(maps.Keys(d.topics)) {
		if err := cmp.Or(d.err, d.roll(topic, d.topics[topic])); err != nil {
			d.Abandon()
			return err
		}
	}
	err := syncDir(d.dir)
	if err == nil {
		err = os.Rename(d.dir, filepath.Join(d.bulk.root, dateName(d.day))) // fails where there is a day
	}
	if err != nil {
		d.Abandon()
		return fmt.Errorf("lake: publish day: %w", err)
	}
	b := d.bulk
	b.mu.Lock()
	for name, t := range d.topics {
		b.next[Place{name, d.partition}] = t.next
	}
	b.done[d.day] = true
	b.mu.Unlock()
	d.release()
	return syncDir(b.root)
}

// Abandon gives the day up.
func (d *Day) Abandon() {
	for _, t := range d.topics {
		if t.temp != nil {
			t.temp.drop()
			t.temp = nil
		}
	}
	_ = os.RemoveAll(d.dir) // the next OpenBulk removes what stays
	d.release()
}

func (d *Day) release() {
	d.bulk.mu.Lock()
	defer d.bulk.mu.Unlock()
	delete(d.bulk.busy, d.partition)
}

// ownKeyBytes returns the key that e has in the log.
func ownKeyBytes(e *event.Event) []byte { return []byte(ownKey(e.Type.Topic(), e)) }
