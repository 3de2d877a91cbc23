package importer_test

import (
	"bytes"
	"encoding/json"
	"testing"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
)

// sampleRecords state received_at in every way, and name it in others.
var sampleRecords = []string{
	`{}`, `{"received_at":null}`, `{"received_at":"2026-01-02T10:00:05Z"}`, `{"a":"\"received_at\":","received_at":"2026-01-02T10:00:05Z"}`,
	`{"a":["received_at",{"received_at":"x"}],"received_at":7}`, `{"received_at":["2026-01-02T10:00:05Z"]}`, `{"a":"received_at"}`,
	`{"\u0072eceived_a\u0074":"2026-01-02T10:00:05\u005a"}`, `{"received_at_":"2026-01-02T10:00:05Z"}`, `{"Received_at":"2026-01-02T10:00:05Z"}`,
	` {"a\\" : 1 , "received_at" : "2026-01-02T10:00:05.9996+23:59" , "received_at":1}`, `{"received_at":""}`, `{"received_at":{}}`,
	`["received_at","2026-01-02T10:00:05Z"]`, `"received_at"`, `[{"received_at":"2026-01-02T10:00:05Z"}]`,
}

// statedIn is ownReceived by encoding/json.
func statedIn(record []byte) (event.Time, string) {
	d := json.NewDecoder(bytes.NewReader(record))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return 0, "absent"
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return 0, "absent"
		}
		var value any
		if err := d.Decode(&value); err != nil {
			return 0, "absent"
		}
		if name != "received_at" {
			continue
		}
		if value == nil {
			return 0, "absent"
		}
		var at time.Time
		if s, ok := value.(string); ok && at.UnmarshalText([]byte(s)) == nil {
			return event.TimeOf(at), "given"
		}
		return 0, "unreadable"
	}
	return 0, "absent"
}

func checkOwnReceived(t *testing.T, record []byte) {
	t.Helper()
	got, state := importer.OwnReceived(record)
	if !json.Valid(record) || bytes.TrimLeft(record, " \t\r\n")[0] != '{' {
		return
	}
	if want, wantState := statedIn(record); got != want || state != wantState {
		t.Errorf("%s: got %s %s, encoding/json found %s %s", record, state, got, wantState, want)
	}
}

func TestReceivedAtIsFoundAsEncodingJSONFindsIt(t *testing.T) {
	for _, record := range sampleRecords {
		checkOwnReceived(t, []byte(record))
	}
}

// FuzzReceivedAt reads received_at from arbitrary records: none panics, and of
// those that are objects it reads what encoding/json reads.
func FuzzReceivedAt(f *testing.F) {
	for _, record := range sampleRecords {
		f.Add([]byte(record))
		f.Add([]byte(record[:len(record)-1]))
	}
	f.Fuzz(checkOwnReceived)
}
