package postgres

import (
	"encoding/binary"
	"iter"

	"github.com/jackc/pgx/v5/pgtype"
)

// rows are the arguments of a statement that writes many rows: an array for each
// column, which the statement takes apart again with unnest. They are written as the
// binary protocol has them, value by value, at a fraction of what pgx needs for a
// slice. Each row is added as one value for each column, in their order.
type rows struct {
	columns []column
	at      int // column of the next value
}

// column is an array. Its element type is that of its values; the server refuses
// one that the statement does not expect.
type column struct {
	element uint32 // OID
	n       uint32
	body    []byte
}

func newRows(columns int) *rows { return &rows{columns: make([]column, columns)} }

// rowsOf returns all as rows; add adds each of them.
func rowsOf[T any](columns int, all iter.Seq[T], add func(*rows, T)) *rows {
	r := newRows(columns)
	for one := range all {
		add(r, one)
	}
	return r
}

// next begins a value of size bytes.
func (r *rows) next(element uint32, size int) *column {
	c := &r.columns[r.at]
	r.at = (r.at + 1) % len(r.columns)
	c.element = element
	c.n++
	c.body = binary.BigEndian.AppendUint32(c.body, uint32(size))
	return c
}

// num adds a bigint.
func (r *rows) num(v int64) *rows {
	c := r.next(pgtype.Int8OID, 8)
	c.body = binary.BigEndian.AppendUint64(c.body, uint64(v))
	return r
}

// part adds an integer.
func (r *rows) part(v int32) *rows {
	c := r.next(pgtype.Int4OID, 4)
	c.body = binary.BigEndian.AppendUint32(c.body, uint32(v))
	return r
}

func (r *rows) text(v string) *rows {
	c := r.next(pgtype.TextOID, len(v))
	c.body = append(c.body, v...)
	return r
}

func (r *rows) flag(v bool) *rows {
	c := r.next(pgtype.BoolOID, 1)
	b := byte(0)
	if v {
		b = 1
	}
	c.body = append(c.body, b)
	return r
}

// bytes adds a bytea; nil is NULL.
func (r *rows) bytes(v []byte) *rows {
	size := len(v)
	if v == nil {
		size = -1
	}
	c := r.next(pgtype.ByteaOID, size)
	c.body = append(c.body, v...)
	return r
}

// args are the arguments of the statement, after first.
func (r *rows) args(first ...any) []any {
	args := make([]any, 0, len(first)+len(r.columns))
	args = append(args, first...)
	for i := range r.columns {
		args = append(args, &r.columns[i])
	}
	return args
}

// appendTo appends the array: the number of dimensions, whether there may be NULLs,
// the type; the length and the first index of the dimension; the elements.
func (c *column) appendTo(b []byte) []byte {
	for _, v := range [...]uint32{1, 1, c.element, c.n, 1} {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return append(b, c.body...)
}

// columnCodec is the codec of an array type that also takes a *column.
type columnCodec struct{ *pgtype.ArrayCodec }

// PlanEncode implements [pgtype.Codec].
func (c columnCodec) PlanEncode(m *pgtype.Map, oid uint32, format int16, value any) pgtype.EncodePlan {
	if _, ok := value.(*column); ok && format == pgtype.BinaryFormatCode {
		return columnPlan{}
	}
	return c.ArrayCodec.PlanEncode(m, oid, format, value)
}

type columnPlan struct{}

// Encode implements [pgtype.EncodePlan].
func (columnPlan) Encode(value any, b []byte) ([]byte, error) {
	return value.(*column).appendTo(b), nil
}

// registerColumns makes the array types of m take columns.
func registerColumns(m *pgtype.Map) {
	for _, oid := range []uint32{pgtype.Int4ArrayOID, pgtype.Int8ArrayOID, pgtype.TextArrayOID, pgtype.BoolArrayOID, pgtype.ByteaArrayOID} {
		if t, ok := m.TypeForOID(oid); ok {
			m.RegisterType(&pgtype.Type{Name: t.Name, OID: t.OID, Codec: columnCodec{t.Codec.(*pgtype.ArrayCodec)}})
		}
	}
}
