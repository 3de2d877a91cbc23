package event_test

import (
	"fmt"
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
)

func TestATimeIsWrittenAsPackageTimeWritesIt(t *testing.T) {
	const layout = "2006-01-02T15:04:05.000Z"
	check := func(t interface{ Fatalf(string, ...any) }, at event.Time) {
		if got, want := at.String(), at.Std().Format(layout); got != want {
			t.Fatalf("%d: got %s, want %s", at, got, want)
		}
	}
	day := event.TimeOf(time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC))
	for range 10_000 * 366 / 7 { // every seventh day of all years that RFC 3339 has
		check(t, day)
		check(t, day-1)
		day = day.Add(7 * 24 * time.Hour)
	}
	rapid.Check(t, func(t *rapid.T) { check(t, event.Time(rapid.Int64Range(-1e14, 1e15).Draw(t, "ms"))) })
}

// TestTimestampsAreReadAsPackageTimeReadsThem puts timestamps of many forms
// into a record and compares what is taken with time's strict reader.
func TestTimestampsAreReadAsPackageTimeReadsThem(t *testing.T) {
	var d event.Decoder
	var e event.Event
	two := rapid.StringMatching(`[0-9]{2}`)
	rapid.Check(t, func(t *rapid.T) {
		s := fmt.Sprintf("20%s-%02d-%02dT%s:%s:%s%s",
			two.Draw(t, "year"), rapid.IntRange(0, 13).Draw(t, "month"), rapid.IntRange(0, 32).Draw(t, "day"),
			two.Draw(t, "hour"), rapid.StringMatching(`[0-6][0-9:;/]`).Draw(t, "minute"), two.Draw(t, "second"),
			rapid.SampledFrom([]string{".123Z", ".000Z", ".1Z", "Z", ".1234567Z", ".123+01:00", "-23:59", ",123Z", "", ".123z", ".12;Z"}).Draw(t, "rest"))
		var want time.Time
		wantErr := want.UnmarshalText([]byte(s))
		received := event.TimeOf(time.Date(2100, 1, 2, 0, 0, 0, 0, time.UTC))
		err := d.Decode([]byte(swap(event.TypeProductView, "2026-03-02T09:00:00.747Z", s)), received, &e)
		if (reasonOf(err) == event.BadSchema) != (wantErr != nil) {
			t.Fatalf("%s: %v, want %v", s, err, wantErr)
		}
		if wantErr == nil && e.Timestamp != event.TimeOf(want) {
			t.Fatalf("%s: read as %v, want %v", s, e.Timestamp, want)
		}
	})
}

func TestEventTimeIsCorrectedAndNeverAfterArrival(t *testing.T) {
	for name, tc := range map[string]struct {
		e    event.Event
		want event.Time
	}{
		"as it is":      {event.Event{Timestamp: 10, ReceivedAt: 20}, 10},
		"corrected":     {event.Event{Timestamp: 10, ClockSkewMS: 5, ReceivedAt: 20}, 15},
		"after arrival": {event.Event{Timestamp: 30, ReceivedAt: 20}, 20},
	} {
		if got := tc.e.Time(); got != tc.want {
			t.Errorf("%s: %d, want %d", name, got, tc.want)
		}
	}
}
