package flat

import (
	"errors"
	"fmt"

	"github.com/parquet-go/parquet-go/deprecated"
	"github.com/parquet-go/parquet-go/encoding/thrift"
	"github.com/parquet-go/parquet-go/format"
)

// Type is the type of a column.
type Type uint8

// The types. There is no float: money is an Int64 of minor units.
const (
	Int32 Type = iota + 1
	Int64
	Bool
	Date   // INT32, days since 1970-01-01
	Time   // INT64, milliseconds UTC, TIMESTAMP without time zone
	Text   // BYTE_ARRAY, UTF-8: the caller's promise, for engines refuse a file that breaks it
	Word   // Text of which there are few different ones
	Binary // BYTE_ARRAY
)

// Field is one column of a schema.
type Field struct {
	Name     string
	Type     Type
	Required bool // never null
}

// Schema is the columns of a file, in order.
type Schema []Field

// physical returns the type that t is stored as.
func (t Type) physical() format.Type {
	switch t {
	case Int32, Date:
		return format.Int32
	case Int64, Time:
		return format.Int64
	case Bool:
		return format.Boolean
	default:
		return format.ByteArray
	}
}

// encoding returns how values of t are written, but for the indexes of words.
// Integers are delta-coded, which leaves a compressor nothing to do; the lengths
// of texts are kept apart from them, so that it has less to do.
func (t Type) encoding() format.Encoding {
	switch t {
	case Int32, Int64, Date, Time:
		return format.DeltaBinaryPacked
	case Bool:
		return format.Plain
	default:
		return format.DeltaLengthByteArray
	}
}

// codec returns how pages of t are compressed.
func (t Type) codec() format.CompressionCodec {
	if t == Text || t == Binary {
		return format.Zstd
	}
	return format.Uncompressed
}

// element describes f as a node of the file's schema.
func (f Field) element() format.SchemaElement {
	e := format.SchemaElement{Name: f.Name, Type: thrift.New(f.Type.physical())}
	e.RepetitionType = thrift.New(format.Optional)
	if f.Required {
		e.RepetitionType = thrift.New(format.Required)
	}
	switch f.Type {
	case Date:
		e.LogicalType.Value = &format.DateType{}
		e.ConvertedType = thrift.New(deprecated.Date)
	case Time:
		// No converted type: it would mean that the times are to be shown in
		// the reader's zone.
		e.LogicalType.Value = &format.TimestampType{Unit: format.TimeUnit{Value: &format.MilliSeconds{}}}
	case Text, Word:
		e.LogicalType.Value = &format.StringType{}
		e.ConvertedType = thrift.New(deprecated.UTF8)
	default:
	}
	return e
}

// elements describes s as the schema of a file.
func (s Schema) elements() []format.SchemaElement {
	root := format.SchemaElement{Name: "schema", NumChildren: thrift.New(int32(len(s)))}
	nodes := []format.SchemaElement{root}
	for _, f := range s {
		nodes = append(nodes, f.element())
	}
	return nodes
}

// errSchema is what Check wraps.
var errSchema = errors.New("another schema")

// Check reports how the schema of a file differs from s: in a column's name,
// order, type or in whether it may be null.
func (s Schema) Check(found []format.SchemaElement) error {
	want := s.elements()
	if len(found) != len(want) {
		return fmt.Errorf("flat: %w: found %d columns, want %d", errSchema, max(0, len(found)-1), len(s))
	}
	for i := 1; i < len(want); i++ {
		if w, f := describe(&want[i]), describe(&found[i]); w != f {
			return fmt.Errorf("flat: %w: column %d is %s, want %s", errSchema, i, f, w)
		}
	}
	return nil
}

// describe returns "event_date INT32 DATE optional".
func describe(e *format.SchemaElement) string {
	logical := e.LogicalType.String()
	if t, ok := e.LogicalType.Value.(*format.TimestampType); ok {
		logical = fmt.Sprintf("TIMESTAMP(%v, utc=%t)", t.Unit.String(), t.IsAdjustedToUTC)
	}
	kind := "group"
	if e.Type.Valid {
		kind = e.Type.V.String()
	}
	text := e.Name + " " + kind
	if logical != "" {
		text += " " + logical
	}
	if e.RepetitionType.Valid && e.RepetitionType.V == format.Required {
		return text + " required"
	}
	if e.RepetitionType.Valid && e.RepetitionType.V == format.Repeated {
		return text + " repeated"
	}
	return text + " optional"
}

// Lines returns a line for each column, as Check compares them.
func (s Schema) Lines() []string {
	nodes := s.elements()[1:]
	lines := make([]string, len(nodes))
	for i := range nodes {
		lines[i] = describe(&nodes[i])
	}
	return lines
}
