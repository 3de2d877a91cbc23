package processor

import (
	"bytes"
	"encoding/binary"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// orderLog holds orders in the order of their coming, packed into blocks: about
// 115 bytes an order, none of which the garbage collector looks into.
type orderLog struct {
	blocks [][]byte
	first  uint64 // number of blocks[0]
	packed []byte // reused: the texts of an order
}

// position is where an order is: the number of its block and the offset there.
// It stays the same while the order is held.
type position uint64

const (
	blockBits  = 16
	blockBytes = 1 << blockBits

	nowhere position = 1<<64 - 1
)

// order is a packed order:
//
//	before   8 bytes  position of the visitor's order before it
//	time     8 bytes
//	newest   8 bytes  highest record time when it came
//	received 8 bytes
//	minor    8 bytes
//	found    1 byte   0 or 1
//	codes    5 bytes  of the texts
//	texts             visitor, event, transaction, user, country, packed as packID does
//
// Numbers are little-endian.
type packedOrder []byte

const (
	atBefore   = 0
	atTime     = 8
	atNewest   = 16
	atReceived = 24
	atMinor    = 32
	atFound    = 40
	atCodes    = 41
	orderTexts = 5
	atTexts    = atCodes + orderTexts
)

// append packs e, as an order with none before it: see [bursts.link].
func (l *orderLog) append(e *event.Event, newest event.Time) position {
	var codes [orderTexts]uint8
	l.packed = l.packed[:0]
	for i, text := range [orderTexts]string{e.VisitorID, e.ID, e.TransactionID, e.UserID, e.Country} {
		l.packed, codes[i] = packID(l.packed, text)
	}
	size := atTexts + len(l.packed)
	if n := len(l.blocks); n == 0 || len(l.blocks[n-1])+size > blockBytes {
		l.blocks = append(l.blocks, make([]byte, 0, blockBytes))
	}
	last := len(l.blocks) - 1
	b := l.blocks[last]
	at := position(l.first+uint64(last))<<blockBits | position(len(b))
	for _, n := range [...]uint64{uint64(nowhere), uint64(e.Time()), uint64(newest), uint64(e.ReceivedAt), uint64(e.BaseTotalMinor)} {
		b = binary.LittleEndian.AppendUint64(b, n)
	}
	b = append(b, 0)
	b = append(b, codes[:]...)
	l.blocks[last] = append(b, l.packed...)
	return at
}

// holds reports whether the order at p is still there.
func (l *orderLog) holds(p position) bool { return p != nowhere && uint64(p>>blockBits) >= l.first }

// at returns the order at p, which must be held.
func (l *orderLog) at(p position) packedOrder {
	return l.blocks[uint64(p>>blockBits)-l.first][p&(blockBytes-1):]
}

// expired reports whether every order of the first block came before since, and
// that no order will be added to it.
func (l *orderLog) expired(since event.Time) bool {
	return len(l.blocks) > 1 && packedOrder(l.blocks[1]).newest() < since
}

// dropBlock forgets the first block, after telling drop of every order in it.
func (l *orderLog) dropBlock(drop func(at position, o packedOrder)) {
	at := position(l.first << blockBits)
	for o := packedOrder(l.blocks[0]); len(o) > 0; {
		drop(at, o)
		size := o.size()
		o, at = o[size:], at+position(size)
	}
	l.blocks[0] = nil
	l.blocks = l.blocks[1:]
	l.first++
}

func (o packedOrder) word(at int) uint64 { return binary.LittleEndian.Uint64(o[at:]) }

func (o packedOrder) before() position   { return position(o.word(atBefore)) }
func (o packedOrder) time() event.Time   { return event.Time(o.word(atTime)) }
func (o packedOrder) newest() event.Time { return event.Time(o.word(atNewest)) }
func (o packedOrder) found() bool        { return o[atFound] != 0 }

// visitor returns the packed id and its code.
func (o packedOrder) visitor() (packed []byte, code uint8) {
	code = o[atCodes]
	return o[atTexts : atTexts+packedLen(code)], code
}

// isOfSame reports whether both orders are of one visitor.
func (o packedOrder) isOfSame(other packedOrder) bool {
	a, code := o.visitor()
	b, otherCode := other.visitor()
	return code == otherCode && bytes.Equal(a, b)
}

// size is how many bytes it takes.
func (o packedOrder) size() int {
	n := atTexts
	for _, code := range o[atCodes:atTexts] {
		n += packedLen(code)
	}
	return n
}

// report marks the order as found and adds the finding that it is one of n
// within the window, when least would have been enough.
func (o packedOrder) report(n, least int, out *store.Changes) {
	o[atFound] = 1
	var texts [orderTexts]string
	packed := o[atTexts:]
	for i, code := range o[atCodes:atTexts] {
		n := packedLen(code)
		texts[i] = string(appendID(nil, packed[:n], code))
		packed = packed[n:]
	}
	visitor, id, transaction, user, country := texts[0], texts[1], texts[2], texts[3], texts[4]
	out.Findings[store.FindingKey{EventID: id, Rule: store.Velocity}] = &store.Finding{
		At: o.time(), ReceivedAt: event.Time(o.word(atReceived)), TransactionID: transaction,
		VisitorID: visitor, UserID: user, Country: country, OrderMinor: event.Minor(o.word(atMinor)),
		Value: int64(n), Expected: 1, ScoreMilli: 1000 * int64(n), ThresholdMilli: 1000 * int64(least),
	}
}
