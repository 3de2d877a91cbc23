package importer

import (
	"cmp"
	"errors"
	"fmt"
	"iter"
	"slices"

	"globalmart/internal/event"
)

const (
	// The sizes of a block of memory, in bytes: as many as are held already,
	// within these.
	leastBlock = 64 << 10
	mostBlock  = 8 << 20

	// maxPacked bounds the text of the events of one import.
	maxPacked = 4 << 30
)

var errTooMuch = errors.New("over 4 GiB of events, more than one import takes; split the file by received_at")

// packed keeps events as their JSON and nothing else: neither pointers, for the
// garbage collector to follow, nor what a decoded event takes beside its text,
// which is more than the text itself.
type packed struct {
	blocks [][]byte
	places []place
	bytes  int64
}

// place is where a record is. Of two places, the lesser is of the record that
// was added earlier.
type place struct {
	received     event.Time
	block, start uint32
	length       uint32
}

// add keeps a record, of at most event.MaxRecordBytes.
func (p *packed) add(record []byte, received event.Time) error {
	last := len(p.blocks) - 1
	if last < 0 || len(p.blocks[last])+len(record) > cap(p.blocks[last]) {
		size := max(leastBlock, min(int(p.bytes), mostBlock), len(record))
		p.blocks = append(p.blocks, make([]byte, 0, size))
		last++
	}
	if p.bytes += int64(len(record)); p.bytes > maxPacked {
		return fmt.Errorf("importer: read lines: %w", errTooMuch)
	}
	p.places = append(p.places, place{received, uint32(last), uint32(len(p.blocks[last])), uint32(len(record))})
	p.blocks[last] = append(p.blocks[last], record...)
	return nil
}

// sort orders the records by the time they were received; of equal time they
// stay as they were added.
func (p *packed) sort() {
	slices.SortFunc(p.places, func(a, b place) int {
		return cmp.Or(cmp.Compare(a.received, b.received), cmp.Compare(a.block, b.block), cmp.Compare(a.start, b.start))
	})
}

// events decodes the records, in order, each into the same event.
func (p *packed) events() iter.Seq[*event.Event] {
	return func(yield func(*event.Event) bool) {
		var d event.Decoder
		var e event.Event
		for _, at := range p.places {
			record := p.blocks[at.block][at.start : at.start+at.length]
			if bad := refusalOf(d.Decode(record, at.received, &e)); bad != nil {
				panic("importer: an event that was encoded cannot be decoded: " + bad.detail)
			}
			if !yield(&e) {
				return
			}
		}
	}
}
