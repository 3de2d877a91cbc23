package importer_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/ingest/importer"
)

// TestTimesWithoutAZoneAreThoseOfTheShop reads the forms that copies of the data
// set have.
func TestTimesWithoutAZoneAreThoseOfTheShop(t *testing.T) {
	london, err := time.LoadLocation("Europe/London")
	if err != nil {
		t.Fatal(err)
	}
	for date, want := range map[string]string{
		"2010-12-01T08:26:00Z":      "2010-12-01T08:26:00.000Z",
		"2011-07-01T08:26:00+02:00": "2011-07-01T06:26:00.000Z",
		"2010-12-01 08:26:00":       "2010-12-01T08:26:00.000Z",
		"2011-07-01 08:26:00":       "2011-07-01T07:26:00.000Z",
		"12/1/2010 8:26":            "2010-12-01T08:26:00.000Z",
		"7/1/2011 8:26":             "2011-07-01T07:26:00.000Z",
		"10/31/2011 17:05":          "2011-10-31T17:05:00.000Z",
	} {
		t.Run(date, func(t *testing.T) {
			im, err := importer.OnlineRetail(t.Context(), strings.NewReader(header+"1,P,A,1,"+date+",1,,France\n"),
				importer.Options{Convert: pounds().Convert, Zone: london})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for e := range im.Events() {
				got = append(got, e.Timestamp.String())
			}
			if diff := cmp.Diff([]string{want, want}, got); diff != "" { // the product and the order
				t.Errorf("(-want +got)\n%s", diff)
			}
		})
	}
}
