package shop

import (
	"crypto/sha256"
	"encoding/hex"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// digest returns the hash of the first n emissions.
func digest(s *Shop, n int) string {
	h := sha256.New()
	first(s, n, func(e Emission) { fmt.Fprintf(h, "%s\n", record(e)) })
	return hex.EncodeToString(h.Sum(nil))
}

// allFaults makes every fault common.
var allFaults = Faults{Anomalies: 0.02, Late: 0.02, Duplicates: 0.02, Corrupt: 0.02}

func TestTheFirstEventsOfASeedStayTheSame(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*Config)
		count  int
	}{
		"load":     {func(*Config) {}, 50_000},
		"business": {func(c *Config) { c.Seed, c.Rate = 7, Business(50_000) }, 50_000},
		"faults":   {func(c *Config) { c.Seed, c.Faults = 42, allFaults }, 50_000},
	} {
		t.Run(name, func(t *testing.T) {
			s := testShop(t, tc.change)
			got := digest(s, tc.count) + "\n"
			first(s, 20, func(e Emission) { got += fmt.Sprintf("%.2000s\n", record(e)) })
			path := filepath.Join("testdata", name+".golden")
			if *update {
				if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(string(want), got); diff != "" {
				t.Errorf("hash of %d emissions and the first 20 (-want +got):\n%s", tc.count, diff)
			}
		})
	}
}

func TestTheSameConfigGivesTheSameBytes(t *testing.T) {
	faulty := func(c *Config) { c.Faults = allFaults }
	s := testShop(t, faulty)
	want := digest(s, 30_000)
	if got := digest(s, 30_000); got != want {
		t.Error("a second iterator of one shop gives other events")
	}
	if got := digest(testShop(t, faulty), 30_000); got != want {
		t.Error("a second shop of one Config gives other events")
	}
}

func TestIDsAreUniqueAlsoAcrossSeedsAndStarts(t *testing.T) {
	seen := map[string]bool{}
	digests := map[string]bool{}
	for _, seed := range []uint64{1, 2} {
		for _, start := range []event.Time{testStart, testStart.Add(time.Second)} {
			s := testShop(t, func(c *Config) { c.Seed, c.Start = seed, start })
			digests[digest(s, 1000)] = true
			unique := func(e Emission) {
				if seen[e.Event.ID] {
					t.Fatalf("seed %d, start %v: event id %s came before", seed, start, e.Event.ID)
				}
				seen[e.Event.ID] = true
			}
			n := 0
			for e := range s.Catalogue() {
				unique(e)
				if n++; n == 10_000 {
					break
				}
			}
			first(s, 50_000, unique)
		}
	}
	if len(digests) != 4 {
		t.Errorf("%d different histories, want 4", len(digests))
	}
}

func TestHistoryOfOneSeedHasTheSameCatalogueWheneverItStarts(t *testing.T) {
	a := testShop(t, nil)
	b := testShop(t, func(c *Config) { c.Start = testStart.Add(-28 * 24 * time.Hour) })
	if diff := cmp.Diff(a.catalogue.price, b.catalogue.price); diff != "" {
		t.Error("prices depend on the start")
	}
	if a.population.visitorID(5, 0) != b.population.visitorID(5, 0) {
		t.Error("visitors depend on the start")
	}
}
