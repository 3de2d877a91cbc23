package verify

import (
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"globalmart/internal/store/postgres"
	"globalmart/internal/testenv"
)

// TestAShopOnPostgreSQLVerifiesCleanAndEqualsOneOnSQLite runs the same log on both,
// and verifies the store itself instead of a copy.
func TestAShopOnPostgreSQLVerifiesCleanAndEqualsOneOnSQLite(t *testing.T) {
	url := testenv.Postgres(t)
	if _, err := postgres.Migrate(t.Context(), url); err != nil {
		t.Fatal(err)
	}
	s, err := postgres.Open(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	p := runLogOn(t, s, shopLog())
	w := p.world()
	w.Store = s
	r := run(t, w)
	if err := r.Err(); err != nil {
		t.Fatalf("%v\n%s", err, differences(r))
	}
	if r.Empty {
		t.Error("nothing was compared")
	}
	want, got := newPlatform(t).view, p.view
	want.ledger, got.ledger = nil, nil // has the minutes of the commits
	if diff := cmp.Diff(want, got, cmp.AllowUnexported(memoryView{}), cmpopts.EquateEmpty()); diff != "" {
		t.Errorf("(-sqlite +postgres)\n%.4000s", diff)
	}
}
