package spark

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// writable is the schema of a file, as one that a file can be written with. Which
// encodings a column of a file has is a set, without an order, and the library takes its
// first for the column's values; Spark lists RLE there, which is that of the levels and
// which of all types only booleans can have.
func writable(s *parquet.Schema) *parquet.Schema {
	return parquet.NewSchema(s.Name(), node{s})
}

// node is the root of a schema.
type node struct{ parquet.Node }

// Fields implements [parquet.Node].
func (n node) Fields() []parquet.Field { return fields(n.Node) }

// field is what is below the root.
type field struct{ parquet.Field }

// Fields implements [parquet.Node].
func (f field) Fields() []parquet.Field { return fields(f.Field) }

// Encoding implements [parquet.Node].
func (f field) Encoding() encoding.Encoding {
	e := f.Field.Encoding()
	if e != nil && e.Encoding() == parquet.RLE.Encoding() && f.Type().Kind() != parquet.Boolean {
		return &parquet.Plain
	}
	return e
}

func fields(of parquet.Node) []parquet.Field {
	var all []parquet.Field
	for _, f := range of.Fields() {
		all = append(all, field{f})
	}
	return all
}
