package processor_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

var update = flag.Bool("update", false, "write the golden files")

func TestTheModelComesToTheSameRowsOfAShop(t *testing.T) {
	for i, zone := range []string{"UTC", "Europe/Berlin", "Asia/Kolkata", "America/New_York"} {
		t.Run(zone, func(t *testing.T) {
			r := rulesOf(zone)
			m, out := run(t, newShop(t, uint64(i+1), r), r, 20_000)
			check(t, "rows (-model +processors)", m.Tables(), tables(out))
		})
	}
}

// totals are what a golden file holds of a shop's first events.
type totals struct {
	Dispositions  map[string]store.Counts `json:"dispositions"`   // by topic
	Sales         store.Sales             `json:"sales"`          // over all countries
	ByCountry     map[string]store.Sales  `json:"by_country"`     // over all hours
	ByCategory    map[string]store.Sales  `json:"by_category"`    // over all minutes
	Hours         int                     `json:"hours"`          // rows by country
	ByHourAndBoth int                     `json:"hours_by_split"` // rows by country and category
	Products      int                     `json:"products"`
	Customers     int                     `json:"customers"`
}

func totalsOf(m *model.Model, out *store.Changes) totals {
	t := totals{
		Dispositions: map[string]store.Counts{}, Sales: sum(maps.Values(out.MinuteByCountry)),
		ByCountry: map[string]store.Sales{}, ByCategory: map[string]store.Sales{},
		Products: len(out.Products), Customers: len(out.Customers),
	}
	for _, f := range store.Families {
		for _, topic := range f.Topics() {
			t.Dispositions[topic] = m.Counts(topic, 0)
		}
	}
	add := func(to map[string]store.Sales, name string, s *store.Sales) {
		have := to[name]
		have.Add(s)
		to[name] = have
	}
	for k, s := range out.Hour {
		if k.Category == store.AllCategories {
			add(t.ByCountry, k.Country, s)
			t.Hours++
		} else {
			t.ByHourAndBoth++
		}
	}
	for k, s := range out.MinuteByCategory {
		add(t.ByCategory, k.Category, s)
	}
	return t
}

// TestAShopOfASeedComesToTheseTotals notices any change of what the generator
// makes, the codec reads or the processors add up. Look at the difference; if it
// is meant, go test ./internal/processor -update writes it.
func TestAShopOfASeedComesToTheseTotals(t *testing.T) {
	for _, seed := range []uint64{1, 2, 42} {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			r := rulesOf("Europe/Berlin")
			m, out := run(t, newShop(t, seed, r), r, 20_000)
			check(t, "rows (-model +processors)", m.Tables(), tables(out))
			got, err := json.MarshalIndent(totalsOf(m, out), "", "  ")
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, '\n')
			path := filepath.Join("testdata", fmt.Sprintf("seed-%d.json", seed))
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(want, got) {
				t.Errorf("totals (-want +got):\n%s", cmp.Diff(string(want), string(got)))
			}
		})
	}
}

func BenchmarkSales(b *testing.B) {
	r := rulesOf("Europe/Berlin")
	var orders []event.Event
	for e := range newShop(b, 1, r).Events() {
		if e.Event != nil && e.Event.Type == event.TypeTransaction {
			o := *e.Event
			o.Items = append([]event.Item(nil), o.Items...)
			if orders = append(orders, o); len(orders) == 4096 {
				break
			}
		}
	}
	fold, out := processor.New(store.TaskID{Family: store.Shopping}, r), store.NewChanges()
	b.ReportAllocs()
	n := 0
	for b.Loop() {
		fold.Apply(&orders[n%len(orders)], out)
		if n++; n%len(orders) == 0 {
			out.DropIncrements()
		}
	}
}
