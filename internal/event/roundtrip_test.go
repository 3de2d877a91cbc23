package event_test

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/event/eventtest"
)

// equal compares events: a nil slice is an empty one.
var equal = cmpopts.EquateEmpty()

func TestDecodingTheEncodedFormGivesBackEveryValidEvent(t *testing.T) {
	var d event.Decoder
	var got event.Event
	rapid.Check(t, func(t *rapid.T) {
		want := eventtest.Draw(t)
		if err := want.Validate(); err != nil {
			t.Fatalf("the generator drew an invalid event: %v", err)
		}
		record := want.AppendJSON(nil)
		if !json.Valid(record) {
			t.Fatalf("not JSON: %s", record)
		}
		if err := d.Decode(record, want.ReceivedAt, &got); err != nil {
			t.Fatalf("decode %s: %v", record, err)
		}
		if diff := cmp.Diff(want, got, equal); diff != "" {
			t.Fatalf("decoded %s (-want +got):\n%s", record, diff)
		}
	})
}

func TestReadersAgreeOnEveryValidEvent(t *testing.T) {
	var fast, slow event.Decoder
	rapid.Check(t, func(t *rapid.T) {
		e := eventtest.Draw(t)
		checkAgreement(t, &fast, &slow, e.AppendJSON(nil), e.ReceivedAt)
	})
}

func TestOrdinaryRecordsTakeTheFastPath(t *testing.T) {
	for _, typ := range sampleTypes {
		t.Run(string(typ), func(t *testing.T) {
			var d event.Decoder
			var got event.Event
			want := sample(typ)
			if !d.ScanRecord(record(typ), want.ReceivedAt, &got) {
				t.Fatal("the scanner declined it")
			}
			if diff := cmp.Diff(want, got, equal); diff != "" {
				t.Errorf("scanned (-want +got):\n%s", diff)
			}
		})
	}
}

func TestDecodingAGoodEventDoesNotAllocate(t *testing.T) {
	var d event.Decoder
	var e event.Event
	for _, typ := range sampleTypes {
		b := record(typ)
		var buf []byte
		if n := testing.AllocsPerRun(100, func() {
			if d.Decode(b, sampleTime, &e) != nil || e.Validate() != nil {
				t.Fatal("a sample is bad")
			}
			buf = e.AppendJSON(buf[:0])
		}); n != 0 {
			t.Errorf("%s: %v allocations", typ, n)
		}
	}
}

func TestADecodedEventDependsOnNothingBefore(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var used, fresh event.Decoder
		var got event.Event
		for range rapid.IntRange(1, 5).Draw(t, "before") {
			e := eventtest.Draw(t)
			if err := used.Decode(e.AppendJSON(nil), e.ReceivedAt, &got); err != nil {
				t.Fatal(err)
			}
		}
		e := eventtest.Draw(t)
		record := e.AppendJSON(nil)
		var want event.Event
		if err := errors.Join(used.Decode(record, e.ReceivedAt, &got), fresh.Decode(record, e.ReceivedAt, &want)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got, equal); diff != "" {
			t.Fatalf("(-fresh +used):\n%s", diff)
		}
	})
}

// testingT is what rapid and testing have in common.
type testingT interface {
	Helper()
	Fatalf(format string, args ...any)
}

// checkAgreement checks that Decode, which tries the scanner first, gives the
// same event or the same verdict as the strict reader, and that what either
// takes is what encoding/json reads.
func checkAgreement(t testingT, fast, slow *event.Decoder, record []byte, received event.Time) {
	t.Helper()
	var a, b event.Event
	scanned := fast.ScanRecord(record, received, &a)
	if !scanned {
		a = event.Event{}
	}
	fastErr := fast.Decode(record, received, &a)
	if len(record) > event.MaxRecordBytes {
		if invalid, ok := errors.AsType[*event.Invalid](fastErr); !ok || invalid.Reason != event.Oversized {
			t.Fatalf("%d bytes: %v", len(record), fastErr)
		}
		return
	}
	slowErr := slow.DecodeStrictly(record, received, &b)
	if scanned && slowErr != nil && fastErr == nil {
		t.Fatalf("the scanner took what is %v: %q", slowErr, record)
	}
	if fastErr == nil {
		if slowErr != nil {
			t.Fatalf("fast: good, strict: %v: %q", slowErr, record)
		}
		if diff := cmp.Diff(b, a, equal); diff != "" {
			t.Fatalf("%q (-strict +fast):\n%s", record, diff)
		}
		checkAgainstLibrary(t, record, &a)
		return
	}
	if slowErr == nil {
		t.Fatalf("strict: good, fast: %v: %q", fastErr, record)
	}
	if diff := cmp.Diff(error(slowErr), fastErr); diff != "" {
		t.Fatalf("%q (-strict +fast):\n%s", record, diff)
	}
}

// checkAgainstLibrary checks the texts and integers of e against what
// encoding/json finds in record under their names.
func checkAgainstLibrary(t testingT, record []byte, e *event.Event) {
	t.Helper()
	var members map[string]json.RawMessage
	if err := json.Unmarshal(record, &members); err != nil {
		t.Fatalf("%q: taken, but encoding/json says %v", record, err)
	}
	v := reflect.ValueOf(*e)
	for i := range v.NumField() {
		field := v.Type().Field(i)
		raw, given := members[field.Tag.Get("json")]
		if !given || string(raw) == "null" || v.Field(i).IsZero() {
			continue
		}
		into := reflect.New(v.Field(i).Type())
		switch into.Interface().(type) {
		case *event.Time, *[]event.Item: // another form; another field set
			continue
		}
		if err := json.Unmarshal(raw, into.Interface()); err != nil {
			t.Fatalf("%q: %s: %v", record, field.Name, err)
		}
		if diff := cmp.Diff(into.Elem().Interface(), v.Field(i).Interface(), equal); diff != "" {
			t.Fatalf("%q: %s (-encoding/json +event):\n%s", record, field.Name, diff)
		}
	}
}
