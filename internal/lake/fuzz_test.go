package lake

import (
	"encoding/json"
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"unicode/utf8"

	"github.com/twmb/franz-go/pkg/kgo"
)

// FuzzHeaders reads the headers of a record from what may stand in their column.
func FuzzHeaders(f *testing.F) {
	for _, s := range []string{"", "[]", "null", `[{"key":"redriven","value":"MQ=="}]`, `[{"key":"a","value":null},{"key":"a","value":""}]`, `[{"KEY":"a"}]`, `[{"key":"a","value":"!"}]`, `[[]]`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		hs, err := parseHeaders([]byte(text))
		if err != nil || len(hs) == 0 {
			return
		}
		list := make([]header, len(hs))
		for i, h := range hs {
			list[i] = header(h)
		}
		once, err := json.Marshal(list)
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseHeaders(once); err != nil || !reflect.DeepEqual(hs, again) {
			t.Errorf("%q are %v and then %v: %v", text, hs, again, err)
		}
	})
}

// FuzzRecordHeaders keeps the headers of a record and reads them back.
func FuzzRecordHeaders(f *testing.F) {
	f.Add("redriven", []byte("1"), "", []byte(nil))
	f.Fuzz(func(t *testing.T, key string, value []byte, key2 string, value2 []byte) {
		if !utf8.ValidString(key) || !utf8.ValidString(key2) {
			return // the protocol has none such
		}
		hs := []kgo.RecordHeader{{Key: key, Value: value}, {Key: key2, Value: value2}}
		text, err := json.Marshal([]header{header(hs[0]), header(hs[1])})
		if err != nil {
			t.Fatal(err)
		}
		if again, err := parseHeaders(text); err != nil || !reflect.DeepEqual(hs, again) {
			t.Errorf("%v come back as %v: %v", hs, again, err)
		}
	})
}

// FuzzManifest reads what may stand in the manifest of a source: it is one, or is
// called damaged, and never taken for one that is not there.
func FuzzManifest(f *testing.F) {
	for _, s := range []string{"", "{}", "null", "[]", `{"seed":"1"}`, `{"seed":1}`, `{"seed":"1"}{"seed":"2"}`, `{"seed":"1"} x`, `{"a":"\ud800","a":"2"}`} {
		f.Add([]byte(s))
	}
	dir := f.TempDir()
	path := filepath.Join(dir, SourceHistory, manifestFile)
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		m, err := ReadManifest(dir, SourceHistory)
		if err != nil {
			if !errors.Is(err, ErrCorrupt) {
				t.Errorf("%q: %v, want %v", text, err, ErrCorrupt)
			}
			return
		}
		var plain map[string]string
		if err := json.Unmarshal(text, &plain); err != nil || m == nil || !maps.Equal(m, plain) {
			t.Errorf("%q is taken for %v", text, m)
		}
	})
}
