package lake

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"

	"globalmart/internal/event"
	"globalmart/internal/lake/flat"
	"globalmart/internal/rules"
)

// DayPart is the part of a day that goes to one partition of every topic. It is
// for one goroutine.
type DayPart struct {
	day       *Day
	partition int32
	tools     *tools
	topics    map[string]*dayTopic
	added     int
	ended     bool
	err       error
}

// tools is the memory that the days of a partition use one after the other.
type tools struct {
	pack  *flat.Packer
	rower rower
	rows  map[string]*flat.Writer // by topic
	json  []byte
}

func newTools(c rules.Calendar) *tools {
	return &tools{pack: flat.NewPacker(), rower: rower{calendar: c}, rows: map[string]*flat.Writer{}}
}

// dayTopic is a topic of a part.
type dayTopic struct {
	next   int64
	rows   *flat.Writer
	open   bool
	footer Footer
	temp   *temp
	value  []byte // of the last record
}

// topic returns where the part's next record of a topic goes.
func (p *DayPart) topic(name string) (*dayTopic, error) {
	t := p.topics[name]
	if t == nil {
		if !isTopic(name) {
			return nil, fmt.Errorf("lake: topic %s is not one of the lake's", name)
		}
		rows := p.tools.rows[name]
		if rows == nil {
			rows = flat.NewWriter(schemas[name], p.tools.pack)
			p.tools.rows[name] = rows
		}
		t = &dayTopic{next: p.day.begin(Place{name, p.partition}), rows: rows}
		p.topics[name] = t
	}
	if !t.open {
		t.open = true
		cfg := &p.day.bulk.cfg
		t.footer = newFooter(cfg.Source, name, p.partition, cfg.Calendar.Zone(), t.next)
	}
	return t, nil
}

// Add adds e, which must be valid and arrived at e.ReceivedAt. Nothing of it is
// kept. After an error the day can only be abandoned.
func (p *DayPart) Add(e *event.Event) error {
	topic := e.Type.Topic()
	t, err := p.topic(topic)
	if err != nil {
		return err
	}
	k := p.tools
	k.json = e.AppendJSON(k.json[:0])
	k.rower.addEvent(t.rows, &t.footer, topic, &record{partition: p.partition, offset: t.next, time: e.ReceivedAt, key: ownKeyBytes(e), value: k.json}, e)
	return p.bound(topic, t, k.json)
}

// AddRecord adds a record of any content, as it would be in the log.
func (p *DayPart) AddRecord(topic string, received event.Time, key, value []byte) error {
	t, err := p.topic(topic)
	if err != nil {
		return err
	}
	p.tools.rower.add(t.rows, &t.footer, topic, &record{partition: p.partition, offset: t.next, time: received, key: key, value: value})
	return p.bound(topic, t, value)
}

// bound keeps files and memory within their limits.
func (p *DayPart) bound(topic string, t *dayTopic, value []byte) error {
	t.next++
	t.value = append(t.value[:0], value...)
	if p.err != nil {
		return p.err
	}
	if t.rows.GroupRows() >= flat.MaxGroupRows {
		if p.err = p.endGroup(topic, t); p.err != nil {
			return p.err
		}
	}
	if p.added++; p.added < holdEvery {
		return nil
	}
	p.added = 0
	if t.rows.Written()+int64(t.rows.Held()) >= p.day.bulk.cfg.RollBytes {
		if p.err = p.roll(topic, t); p.err != nil {
			return p.err
		}
	}
	return p.spill()
}

// spill writes the largest row group if too much is held.
func (p *DayPart) spill() error {
	held, most, largest := 0, -1, ""
	for name, t := range p.topics {
		n := t.rows.Held()
		held += n
		if n > most {
			most, largest = n, name
		}
	}
	if held > p.day.bulk.cfg.HoldBytes {
		p.err = p.endGroup(largest, p.topics[largest])
	}
	return p.err
}

func (p *DayPart) endGroup(topic string, t *dayTopic) error {
	if err := p.ensureTemp(topic, t); err != nil {
		return err
	}
	return t.rows.EndGroup(t.temp.out)
}

func (p *DayPart) ensureTemp(topic string, t *dayTopic) (err error) {
	if t.temp == nil {
		t.temp, err = createTemp(filepath.Join(p.day.dir, topic), fileName(p.partition, t.footer.First))
	}
	return err
}

// roll finishes the file of a topic and gives it its name, in the folder of the
// day, which nobody sees yet. The day makes it durable.
func (p *DayPart) roll(topic string, t *dayTopic) error {
	if !t.open {
		return nil
	}
	if err := p.ensureTemp(topic, t); err != nil {
		return err
	}
	t.footer.LastHash = valueHash(t.value)
	if err := t.rows.Finish(t.temp.out, footerKey, t.footer.text()); err != nil {
		return err
	}
	if err := t.temp.flush(); err != nil {
		return err
	}
	path := t.temp.file.Name()
	if err := os.Rename(path, filepath.Join(filepath.Dir(path), fileName(p.partition, t.footer.First))); err != nil {
		return fmt.Errorf("lake: name file: %w", err)
	}
	info, err := t.temp.file.Stat()
	if err != nil {
		return fmt.Errorf("lake: size of file: %w", err)
	}
	d := p.day
	d.mu.Lock()
	d.files = append(d.files, t.temp)
	d.bytes += info.Size()
	d.mu.Unlock()
	t.temp, t.open = nil, false
	return nil
}

// Finish writes what is left. Then the partition's part of another day may begin,
// although this day is not complete before its Commit. It is safe to call twice.
func (p *DayPart) Finish() error {
	if p.ended {
		return p.err
	}
	for _, topic := range slices.Sorted(maps.Keys(p.topics)) {
		if p.err == nil {
			p.err = p.roll(topic, p.topics[topic])
		}
	}
	if p.err != nil {
		return p.err
	}
	p.ended = true
	b := p.day.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	for name, t := range p.topics {
		if p.day.lost {
			break // its offsets are given to another day
		}
		b.next[Place{name, p.partition}] = t.next
	}
	delete(b.busy, p.partition)
	return nil
}

// drop gives the part up, if it is not finished.
func (p *DayPart) drop() {
	if p.ended {
		return
	}
	p.ended = true
	for _, t := range p.topics {
		t.rows.Reset()
		if t.temp != nil {
			t.temp.drop()
			t.temp = nil
		}
	}
	b := p.day.bulk
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.busy, p.partition)
}

// ownKeyBytes returns the key that e has in the log.
func ownKeyBytes(e *event.Event) []byte { return []byte(ownKey(e.Type.Topic(), e)) }
