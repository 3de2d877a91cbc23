package spark

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/encoding"
)

// levelsFirst is a column of a file that lists the encoding of its levels first.
type levelsFirst struct{ parquet.Node }

func (levelsFirst) Encoding() encoding.Encoding { return &parquet.RLE }

// TestLevelsBeforeValues: a file whose columns list RLE first can be written again.
func TestLevelsBeforeValues(t *testing.T) {
	type row struct {
		Flag bool     `parquet:"flag"`
		N    *int64   `parquet:"n,optional"`
		Of   []string `parquet:"of,list"`
		Text string   `parquet:"text,dict"`
	}
	s := parquet.NewSchema("spark_schema", parquet.Group{
		"flag": levelsFirst{parquet.Leaf(parquet.BooleanType)},
		"n":    parquet.Optional(levelsFirst{parquet.Int(64)}),
		"of":   parquet.List(levelsFirst{parquet.String()}),
		"text": parquet.Encoded(parquet.String(), &parquet.RLEDictionary),
	})
	n := int64(7)
	rows := []row{{Flag: true, N: &n, Of: []string{"a", "b"}, Text: "x"}, {Of: []string{}, Text: "y"}}
	write := func(s *parquet.Schema) ([]byte, error) {
		var file bytes.Buffer
		w := parquet.NewWriter(&file, s)
		for _, r := range rows {
			if err := w.Write(r); err != nil {
				return nil, err
			}
		}
		err := w.Close()
		return file.Bytes(), err
	}
	if _, err := write(s); err == nil {
		t.Fatal("such a file could be written all along")
	}
	text, err := write(writable(s))
	if err != nil {
		t.Fatal(err)
	}
	got, err := parquet.Read[row](bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Errorf("other rows (-want +got):\n%s", diff)
	}
	file, err := parquet.OpenFile(bytes.NewReader(text), int64(len(text)))
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]encoding.Encoding{"flag": &parquet.RLE, "n": &parquet.Plain, "text": &parquet.RLEDictionary} {
		if got := file.Root().Column(name).Encoding(); got.Encoding() != want.Encoding() {
			t.Errorf("%s: encoded as %s, want %s", name, got, want)
		}
	}
}
