package api

import (
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/warehouse"
)

func TestMigrationIsBetweenTwoDays(t *testing.T) {
	w := newFakeWarehouse()
	f := newFixture(t, func(_ *Config, d *Deps) { d.Warehouse = w })
	const asOf = "2026-03-02"
	for query, tc := range map[string]struct {
		asked    warehouse.MigrationQuery
		from, to string
		days     int
	}{
		"":                              {warehouse.MigrationQuery{Days: 7}, "2026-02-23", asOf, 7},
		"days=90":                       {warehouse.MigrationQuery{Days: 90}, "2025-12-02", asOf, 90},
		"from=2026-02-01&to=2026-02-08": {warehouse.MigrationQuery{From: "2026-02-01", To: "2026-02-08"}, "2026-02-01", "2026-02-08", 7},
		"from=2025-12-02":               {warehouse.MigrationQuery{From: "2025-12-02", To: asOf}, "2025-12-02", asOf, 90},
	} {
		w.asked = nil
		got := decode[Migration](t, f.get(t, "/api/v1/customers/migration?"+query)).Data
		tc.asked.Run = fakeRun.Run
		if diff := cmp.Diff([]any{tc.asked}, w.asked); diff != "" {
			t.Errorf("%s: asked (-want +got):\n%s", query, diff)
		}
		if got.AsOf != asOf || got.From != tc.from || got.To != tc.to || got.Days != tc.days {
			t.Errorf("%s: answer %+v", query, got)
		}
		if known := tc.asked.Days != 90; got.Known != known || (len(got.Moves) > 0) != known {
			t.Errorf("%s: known is %v with %d moves", query, got.Known, len(got.Moves))
		}
	}
	for query, location := range map[string]string{
		"days=7&from=2026-02-01": "days", "days=8": "days", "to=2026-03-01": "to", "from=2026-02-01&to=2026-03-03": "to", "from=2026-02-01&to=soon": "to",
		"from=2025-12-01": "from", "from=2026-03-02": "from", "from=2026-02-30": "from", "from=2026-02-01T00:00:00Z": "from", "from=2026-02-08&to=2026-02-01": "from",
	} {
		if p := problem(t, f.get(t, "/api/v1/customers/migration?"+query)); p.Status != http.StatusUnprocessableEntity || p.Errors[0].Location != "query."+location {
			t.Errorf("%s: %+v", query, p)
		}
	}
}
