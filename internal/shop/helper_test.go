package shop

import (
	"encoding/json"
	"fmt"
	"testing"

	"globalmart/internal/event"
)

// record returns an emission as it goes over the wire, and its label. Only the
// beginning of padded records is kept.
func record(e Emission) string {
	value := e.Raw
	if e.Event != nil {
		value = e.Event.AppendJSON(nil)
	}
	line := fmt.Sprintf("%s %s %.4000s", e.Topic, e.Key, value)
	if e.Truth != nil {
		truth, err := json.Marshal(e.Truth)
		if err != nil {
			panic(err) // of plain fields
		}
		line += " " + string(truth)
	}
	return line
}

// decoded reads what e sends.
func decoded(t *testing.T, dec *event.Decoder, e Emission, buf []byte) (event.Event, error) {
	t.Helper()
	value := e.Raw
	if e.Event != nil {
		value = e.Event.AppendJSON(buf[:0])
	}
	var got event.Event
	err := dec.Decode(value, e.At, &got)
	return got, err
}
