package flat

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
	"slices"
	"strings"

	"github.com/parquet-go/parquet-go/encoding/delta"
	"github.com/parquet-go/parquet-go/encoding/rle"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

const (
	// pageBytes is the size of values at which a page is closed: what fits the
	// caches compresses fastest, and four times as much would save 3 % of space.
	pageBytes = 64 << 10
	pageRows  = 20_000
	// maxWords is how many different words a column chunk may have before the
	// rest of them is written as text.
	maxWords = 1024
	// keepBytes is the capacity that a column keeps from one page to the next.
	keepBytes = 256 << 10
)

// Column is one column of the rows that a [Writer] collects. Every row sets each
// column exactly once.
type Column struct {
	field Field
	pack  *Packer

	// The page at hand. Of ints, longs and texts one is in use, by type.
	rows   int
	unset  int    // rows that are null
	levels []byte // 1 = set, 0 = null; unused if the field is required
	ints   []int32
	longs  []int64
	texts  []byte   // values, one after the other; of bools a byte each
	ends   []uint32 // of each value in texts
	words  words

	// The chunk: what the row group has of this column.
	pages        [][]byte
	pageBytes    int
	values       int64
	nulls        int64
	low, high    int64 // of integers
	uncompressed int64
}

// words is a dictionary.
type words struct {
	index  map[string]int32
	list   []string
	recent [64]int32 // indexes, by what a word looks like
	plain  []byte    // values, each after its length
	full   bool      // the rest of the chunk is text
}

func newColumn(f Field, p *Packer) Column {
	c := Column{field: f, pack: p}
	c.reset()
	return c
}

// Null sets no value.
func (c *Column) Null() {
	c.levels = append(c.levels, 0)
	c.rows++
	c.unset++
}

func (c *Column) set() {
	if !c.field.Required {
		c.levels = append(c.levels, 1)
	}
	c.rows++
}

// Int32 sets v; the column is an Int32 or a Date.
func (c *Column) Int32(v int32) {
	c.set()
	c.ints = append(c.ints, v)
	c.low, c.high = min(c.low, int64(v)), max(c.high, int64(v))
}

// Int64 sets v; the column is an Int64 or a Time.
func (c *Column) Int64(v int64) {
	c.set()
	c.longs = append(c.longs, v)
	c.low, c.high = min(c.low, v), max(c.high, v)
}

// Bool sets v.
func (c *Column) Bool(v bool) {
	c.set()
	bit := byte(0)
	if v {
		bit = 1
	}
	c.texts = append(c.texts, bit)
}

// Bytes sets v; the column is a Text or Binary.
func (c *Column) Bytes(v []byte) {
	c.set()
	c.texts = append(c.texts, v...)
	c.ends = append(c.ends, uint32(len(c.texts)))
}

// Text sets s, or null if it is empty; the column is a Text.
func (c *Column) Text(s string) {
	if s == "" {
		c.Null()
		return
	}
	c.set()
	c.texts = append(c.texts, s...)
	c.ends = append(c.ends, uint32(len(c.texts)))
}

// Word sets s, or null if it is empty; the column is a Word.
func (c *Column) Word(s string) {
	if s == "" || c.words.full {
		c.Text(s)
		return
	}
	c.set()
	w := &c.words
	look := (len(s)*7 + int(s[0]) + int(s[len(s)/2])*5 + int(s[len(s)-1])*3) % len(w.recent)
	at := w.recent[look]
	if int(at) >= len(w.list) || w.list[at] != s {
		at = w.find(s)
		w.recent[look] = at
	}
	c.ints = append(c.ints, at)
}

// find returns the index of s, which the caller may change later.
func (w *words) find(s string) int32 {
	at, known := w.index[s]
	if known {
		return at
	}
	s = strings.Clone(s)
	at = int32(len(w.list))
	w.index[s] = at
	w.list = append(w.list, s)
	w.plain = binary.LittleEndian.AppendUint32(w.plain, uint32(len(s)))
	w.plain = append(w.plain, s...)
	return at
}

// full reports whether the page at hand is.
func (c *Column) full() bool {
	return c.rows >= pageRows || len(c.texts) >= pageBytes || len(c.longs) >= pageBytes/8
}

// held is the memory in use, in bytes.
func (c *Column) held() int {
	return len(c.levels) + 4*len(c.ints) + 8*len(c.longs) + len(c.texts) + 4*len(c.ends) + c.pageBytes + len(c.words.plain)
}

// endPage encodes the page at hand and adds it to the chunk.
func (c *Column) endPage() error {
	if c.rows == 0 {
		return nil
	}
	p := c.pack
	p.body = p.body[:0]
	if !c.field.Required {
		levels, err := (&rle.Encoding{BitWidth: 1}).EncodeLevels(p.part, c.levels)
		if err != nil {
			return fmt.Errorf("flat: encode levels of %s: %w", c.field.Name, err)
		}
		p.part = levels
		p.body = binary.LittleEndian.AppendUint32(p.body, uint32(len(levels)))
		p.body = append(p.body, levels...)
	}
	encoding, err := c.encode()
	if err != nil {
		return fmt.Errorf("flat: encode %s: %w", c.field.Name, err)
	}
	header := format.PageHeader{Type: format.DataPage}
	header.DataPageHeader.Set(format.DataPageHeader{
		NumValues: int32(c.rows), Encoding: encoding, DefinitionLevelEncoding: format.RLE, RepetitionLevelEncoding: format.RLE,
		Statistics: format.Statistics{NullCount: int64(c.unset)},
	})
	page, err := c.page(&header)
	if err != nil {
		return err
	}
	c.pages = append(c.pages, page)
	c.pageBytes += len(page)
	c.values += int64(c.rows)
	c.nulls += int64(c.unset)
	c.clear()
	if len(c.words.list) > maxWords {
		c.words.full = true
	}
	return nil
}

// encode appends the values of the page at hand to the packer's body.
func (c *Column) encode() (format.Encoding, error) {
	p := c.pack
	var err error
	switch c.field.Type {
	case Int32, Date:
		p.part, err = (&delta.BinaryPackedEncoding{}).EncodeInt32(p.part, c.ints)
	case Int64, Time:
		p.part, err = (&delta.BinaryPackedEncoding{}).EncodeInt64(p.part, c.longs)
	case Bool:
		p.part = packBits(p.part[:0], c.texts)
	case Word:
		if !c.words.full {
			width := max(1, bits.Len(uint(max(0, len(c.words.list)-1))))
			p.part, err = (&rle.Encoding{BitWidth: width}).EncodeInt32(p.part, c.ints)
			p.body = append(append(p.body, byte(width)), p.part...)
			return format.RLEDictionary, err
		}
		fallthrough
	default:
		p.ends = append(append(p.ends[:0], 0), c.ends...)
		p.part, err = (&delta.LengthByteArrayEncoding{}).EncodeByteArray(p.part, c.texts, p.ends)
		p.body = append(p.body, p.part...)
		return format.DeltaLengthByteArray, err
	}
	p.body = append(p.body, p.part...)
	return c.field.Type.encoding(), err
}

// packBits appends the bytes of bools as bits, the first in the lowest.
func packBits(dst, bools []byte) []byte {
	for i, b := range bools {
		if i%8 == 0 {
			dst = append(dst, 0)
		}
		dst[len(dst)-1] |= b << (i % 8)
	}
	return dst
}

// page returns header and the packer's body, compressed if the column is, and
// counts it.
func (c *Column) page(header *format.PageHeader) ([]byte, error) {
	body := c.pack.body
	header.UncompressedPageSize = int32(len(body))
	if c.field.Type.codec() == format.Zstd {
		packed, err := c.pack.compress(body)
		if err != nil {
			return nil, fmt.Errorf("flat: compress %s: %w", c.field.Name, err)
		}
		body = packed
	}
	header.CompressedPageSize = int32(len(body))
	header.CRC = int32(crc32.ChecksumIEEE(body))
	text, err := thrift.Marshal(&thrift.CompactProtocol{}, header)
	if err != nil {
		return nil, fmt.Errorf("flat: page header of %s: %w", c.field.Name, err)
	}
	c.uncompressed += int64(len(text)) + int64(header.UncompressedPageSize)
	return slices.Concat(text, body), nil
}

// dictionary returns the page of the chunk's words, if it has any.
func (c *Column) dictionary() ([]byte, error) {
	if c.field.Type != Word {
		return nil, nil
	}
	c.pack.body = append(c.pack.body[:0], c.words.plain...)
	header := format.PageHeader{Type: format.DictionaryPage}
	header.DictionaryPageHeader.Set(format.DictionaryPageHeader{NumValues: int32(len(c.words.list)), Encoding: format.Plain})
	return c.page(&header)
}

// chunk describes what the row group has of the column, whose first byte is at
// offset; dictionary is the size of the dictionary page.
func (c *Column) chunk(offset int64, dictionary int) format.ColumnChunk {
	size := int64(dictionary + c.pageBytes)
	m := format.ColumnMetaData{
		Type: c.field.Type.physical(), PathInSchema: []string{c.field.Name}, Codec: c.field.Type.codec(),
		NumValues: c.values, TotalUncompressedSize: c.uncompressed, TotalCompressedSize: size,
		DataPageOffset: offset + int64(dictionary),
		Encoding:       []format.Encoding{format.RLE, c.field.Type.encoding()},
		Statistics:     format.Statistics{NullCount: c.nulls},
	}
	if dictionary > 0 {
		m.DictionaryPageOffset = offset
		m.Encoding = []format.Encoding{format.RLE, format.Plain, format.RLEDictionary, format.DeltaLengthByteArray}
	}
	if c.nulls < c.values {
		m.Statistics.MinValue, m.Statistics.MaxValue = c.bound(c.low), c.bound(c.high)
	}
	return format.ColumnChunk{MetaData: m}
}

// bound returns v as statistics hold it, or nil if the column has none.
func (c *Column) bound(v int64) []byte {
	switch c.field.Type.physical() {
	case format.Int32:
		return binary.LittleEndian.AppendUint32(nil, uint32(v))
	case format.Int64:
		return binary.LittleEndian.AppendUint64(nil, uint64(v))
	default:
		return nil
	}
}

// reset empties the column for the next row group.
func (c *Column) reset() {
	c.clear()
	c.pages, c.pageBytes = nil, 0
	c.values, c.nulls, c.uncompressed = 0, 0, 0
	c.low, c.high = math.MaxInt64, math.MinInt64
	if c.field.Type == Word && (c.words.index == nil || len(c.words.list) > 0) {
		c.words = words{index: map[string]int32{}}
	}
}

// clear empties the page at hand.
func (c *Column) clear() {
	c.rows, c.unset, c.levels, c.ints, c.longs, c.texts, c.ends = 0, 0, c.levels[:0], c.ints[:0], c.longs[:0], c.texts[:0], c.ends[:0]
	if cap(c.texts) > keepBytes {
		c.texts = nil
	}
}
