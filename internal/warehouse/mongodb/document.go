package mongodb

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"

	"globalmart/internal/warehouse"
)

// encoder makes documents of the rows of a table.
type encoder struct {
	columns []warehouse.Column
	key     []int // where the key columns are
}

func newEncoder(s warehouse.Shape) encoder {
	n := encoder{columns: s.Columns}
	for _, name := range s.Key {
		n.key = append(n.key, slices.IndexFunc(s.Columns, func(c warehouse.Column) bool { return c.Name == name }))
	}
	return n
}

// keyOf is the key of a row as a text: its values between slashes, those in them, and
// what stands for null, escaped.
func (n *encoder) keyOf(row []any) string {
	values := make([]any, len(n.key))
	for i, at := range n.key {
		values[i] = row[at]
	}
	return n.join(values)
}

// join is the key that has these values.
func (n *encoder) join(values []any) string {
	parts := make([]string, len(values))
	for i, v := range values {
		parts[i] = n.part(n.columns[n.key[i]].Type, v)
	}
	return strings.Join(parts, "/")
}

var escape = strings.NewReplacer("%", "%25", "/", "%2F")

func (n *encoder) part(kind string, v any) string {
	switch v := v.(type) {
	case nil:
		return "%"
	case string:
		return escape.Replace(v)
	case int64:
		return strconv.FormatInt(v, 10)
	case int32:
		return strconv.FormatInt(int64(v), 10)
	case time.Time:
		if kind == "date" {
			return v.UTC().Format(time.DateOnly)
		}
		return v.UTC().Format(time.RFC3339Nano)
	default:
		return fmt.Sprint(v)
	}
}

// idOf is the identity of what a run brought under a key. Those of later runs are
// greater.
func idOf(n int64, key string) string { return firstID(n) + key }

// firstID is the least identity of what the run n can bring.
func firstID(n int64) string { return fmt.Sprintf("%012d/", n) }

// document is the row as the run n brings it. Without reflection: there may be millions.
func (n *encoder) document(run int64, key string, row []any) bson.Raw {
	at, dst := bsoncore.AppendDocumentStart(make([]byte, 0, 64+24*len(row)))
	dst = bsoncore.AppendStringElement(dst, fieldID, idOf(run, key))
	dst = bsoncore.AppendStringElement(dst, fieldKey, key)
	dst = bsoncore.AppendInt64Element(dst, fieldFrom, run)
	dst = bsoncore.AppendInt64Element(dst, fieldTo, current)
	for i, c := range n.columns {
		dst = appendValue(dst, c, row[i])
	}
	dst, _ = bsoncore.AppendDocumentEnd(dst, at) // at is where it began
	return dst
}

func appendValue(dst []byte, c warehouse.Column, v any) []byte {
	switch v := v.(type) {
	case int64:
		return bsoncore.AppendInt64Element(dst, c.Name, v)
	case int32:
		return bsoncore.AppendInt32Element(dst, c.Name, v)
	case float64:
		return bsoncore.AppendDoubleElement(dst, c.Name, v)
	case string:
		return bsoncore.AppendStringElement(dst, c.Name, v)
	case bool:
		return bsoncore.AppendBooleanElement(dst, c.Name, v)
	case time.Time:
		if c.Type == "date" {
			return bsoncore.AppendStringElement(dst, c.Name, v.UTC().Format(time.DateOnly))
		}
		return bsoncore.AppendDateTimeElement(dst, c.Name, v.UnixMilli())
	default:
		return bsoncore.AppendNullElement(dst, c.Name)
	}
}

// record is a document that was read.
type record struct{ bson.Raw }

// text is that of a field, "" where it is null.
func (r record) text(field string) string {
	s, _ := r.Lookup(field).StringValueOK()
	return s
}

// number is the integer of a field, 0 where it is null. Sums may come as doubles.
func (r record) number(field string) int64 {
	v := r.Lookup(field)
	if n, ok := v.AsInt64OK(); ok {
		return n
	}
	f, _ := v.DoubleOK()
	return int64(f)
}

func (r record) ratio(field string) float64 {
	f, _ := r.Lookup(field).DoubleOK()
	return f
}

func (r record) flag(field string) bool {
	b, _ := r.Lookup(field).BooleanOK()
	return b
}

// time is that of a field, in UTC.
func (r record) time(field string) time.Time {
	ms, _ := r.Lookup(field).DateTimeOK()
	return time.UnixMilli(ms).UTC()
}

// orNil is what get says of a field, or nil where it is null or not there.
func orNil[T any](r record, field string, get func(string) T) *T {
	if t := r.Lookup(field).Type; t == bson.TypeNull || t == 0 {
		return nil
	}
	v := get(field)
	return &v
}
