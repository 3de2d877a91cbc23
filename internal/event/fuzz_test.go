package event_test

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
)

// nasty are records that break careless readers.
func nasty() map[string]string {
	view := string(record(event.TypeProductView))
	with := func(member string) string { return view[:len(view)-1] + "," + member + "}" }
	return map[string]string{
		"nothing":              "",
		"white space":          " \n\t\r ",
		"null":                 "null",
		"array":                "[" + view + "]",
		"two objects":          view + view,
		"trailing comma":       view[:len(view)-1] + ",}",
		"byte order mark":      "\ufeff" + view,
		"half":                 view[:len(view)/2],
		"10k nesting":          with(`"x":` + strings.Repeat("[", 10_000) + strings.Repeat("]", 10_000)),
		"10k open brackets":    strings.Repeat("[", 10_000),
		"9 levels":             with(`"x":` + strings.Repeat("[", 8) + strings.Repeat("]", 8)),
		"8 levels":             with(`"x":` + strings.Repeat("[", 7) + strings.Repeat("]", 7)),
		"brackets in a string": with(`"x":"` + strings.Repeat("[", 100) + `"`),
		"2 MB":                 with(`"x":"` + strings.Repeat("a", 2<<20) + `"`),
		"NaN":                  with(`"quantity":NaN`),
		"1e400":                with(`"x":1e400`),
		"1e400 as an amount":   strings.Replace(view, "1490", "1e400", 1),
		"a fraction":           strings.Replace(view, "1490", "1490.0", 1),
		"huge integer":         strings.Replace(view, "1490", strings.Repeat("9", 400), 1),
		"least integer":        strings.Replace(view, "1490", "-9223372036854775808", 1),
		"19 digits":            strings.Replace(view, "1490", "1000000000000000000", 1),
		"minus zero":           strings.Replace(view, "1490", "-0", 1),
		"leading zero":         strings.Replace(view, "1490", "01490", 1),
		"plus":                 strings.Replace(view, "1490", "+1490", 1),
		"hexadecimal":          strings.Replace(view, "1490", "0x10", 1),
		"duplicate key":        with(`"category":"Wine"`),
		"duplicate as escape":  with(`"c\u0061tegory":"Wine"`),
		"duplicate after null": strings.Replace(view, `"category":`, `"category":null,"category":`, 1),
		"duplicate unknown":    with(`"x":1,"x":2`),
		"invalid UTF-8":        strings.Replace(view, "Beauty", "Beau\xffty", 1),
		"invalid UTF-8 in key": with("\"\xc3\":1"),
		"overlong UTF-8":       strings.Replace(view, "Beauty", "\xc0\xaf", 1),
		"surrogate as UTF-8":   strings.Replace(view, "Beauty", "\xed\xa0\x80", 1),
		"lone surrogate":       strings.Replace(view, "Beauty", `\ud800`, 1),
		"surrogate pair":       strings.Replace(view, "Beauty", `\ud83d\ude00`, 1),
		"NUL in an id":         strings.Replace(view, "P0060024", `P\u0000`, 1),
		"NUL in a text":        strings.Replace(view, "Beauty", `\u0000`, 1),
		"tab in a text":        strings.Replace(view, "Beauty", `a\tb`, 1),
		"raw NUL":              strings.Replace(view, "Beauty", "\x00", 1),
		"raw tab":              strings.Replace(view, "Beauty", "a\tb", 1),
		"DEL in an id":         strings.Replace(view, "P0060024", "P\x7f", 1),
		"unknown escape":       strings.Replace(view, "Beauty", `\q`, 1),
		"unclosed string":      view[:len(view)-2],
		"not ASCII":            strings.Replace(view, "Beauty", "Schönheit €", 1),
		"line separator":       strings.Replace(view, "Beauty", "\u2028", 1),
		"white space between":  strings.ReplaceAll(view, ":", " :\r\n "),
		"other case":           strings.Replace(view, `"category"`, `"Category"`, 1),
		"null values":          strings.Replace(view, `"Beauty"`, "null", 1),
		"foreign members":      with(`"items":5,"delta":"x","refund_id":{"a":[]}`),
		"items that are wrong": strings.Replace(string(record(event.TypeTransaction)), `[{`, `[null,{`, 1),
		"2,001 items":          strings.Replace(string(record(event.TypeTransaction)), `"items":[`, `"items":[`+strings.Repeat(`{},`, 2000), 1),
		"leap second":          strings.Replace(view, "09:00:00.747Z", "23:59:60.000Z", 1),
		"no such day":          strings.Replace(view, "2026-03-02", "2026-02-30", 1),
		"a semicolon as digit": strings.Replace(view, "09:00:00.747Z", "1;:00:00.747Z", 1),
		"lower-case timestamp": strings.Replace(view, "2026-03-02T09:00:00.747Z", "2026-03-02t09:00:00.747z", 1),
		"another zone":         strings.Replace(view, "2026-03-02T09:00:00.747Z", "2026-03-02T10:00:00.747999+01:00", 1),
		"other version":        `{"schema_version":"2.0","event_type":7,"event_id":{}}`,
		"version twice":        `{"schema_version":"1.0","schema_version":"2.0","event_type":"product_view"}`,
	}
}

func seeds(f *testing.F) {
	for _, typ := range sampleTypes {
		f.Add(record(typ))
		f.Add(bytes.ReplaceAll(record(typ), []byte(":"), []byte(": ")))
	}
	for _, text := range nasty() {
		if len(text) < 1<<16 {
			f.Add([]byte(text))
		}
	}
	for _, c := range defects() {
		f.Add([]byte(c.record))
	}
}

func FuzzDecode(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, record []byte) {
		var fast, slow event.Decoder
		checkAgreement(t, &fast, &slow, record, sampleTime)
		// Once more, now that the decoder has learnt the order of the fields.
		checkAgreement(t, &fast, &slow, record, sampleTime)
	})
}

func FuzzRoundTrip(f *testing.F) {
	seeds(f)
	f.Fuzz(func(t *testing.T, record []byte) {
		var d event.Decoder
		var e, again event.Event
		if d.Decode(record, sampleTime, &e) != nil {
			return
		}
		encoded := e.AppendJSON(nil)
		if len(encoded) > event.MaxRecordBytes {
			return
		}
		if err := d.Decode(encoded, sampleTime, &again); err != nil {
			t.Fatalf("%q, from %q: %v", encoded, record, err)
		}
		if diff := cmp.Diff(e, again, equal); diff != "" {
			t.Fatalf("%q, from %q (-want +got):\n%s", encoded, record, diff)
		}
		if twice := again.AppendJSON(nil); !bytes.Equal(twice, encoded) {
			t.Fatalf("encoded %q, then %q", encoded, twice)
		}
	})
}

func TestReadersAgreeOnNastyRecords(t *testing.T) {
	for name, text := range nasty() {
		t.Run(name, func(t *testing.T) {
			var fast, slow event.Decoder
			checkAgreement(t, &fast, &slow, []byte(text), sampleTime)
		})
	}
}

// TestATruncatedRecordIsNotJSON cuts each record at every byte. The part is
// copied, so that the race detector's pointer checks see a read beyond it.
func TestATruncatedRecordIsNotJSON(t *testing.T) {
	for _, typ := range sampleTypes {
		whole := record(typ)
		for n := range whole {
			var d event.Decoder
			var e event.Event
			if got := reasonOf(d.Decode(bytes.Clone(whole[:n]), sampleTime, &e)); got != event.BadJSON {
				t.Errorf("%s cut to %d of %d bytes: %q", typ, n, len(whole), got)
			}
		}
	}
}

// TestOneChangedByteNeverSplitsTheReaders puts every interesting byte at every
// place of every record.
func TestOneChangedByteNeverSplitsTheReaders(t *testing.T) {
	var fast, slow event.Decoder
	for _, typ := range sampleTypes {
		whole := record(typ)
		for i := range whole {
			for _, c := range []byte("\x00\x1f \"\\{}[],:-09eZn\x7f\x80\xff") {
				changed := bytes.Clone(whole)
				changed[i] = c
				checkAgreement(t, &fast, &slow, changed, sampleTime)
			}
		}
	}
}

func ExampleDecoder_Decode() {
	var d event.Decoder
	var e event.Event
	err := d.Decode([]byte(`{"event_id":"1","event_type":"product_view","timestamp":"2026-03-02T09:00:00.000Z","visitor_id":"v"}`), sampleTime, &e)
	fmt.Println(err)
	// Output: missing_key: product_id: missing
}
