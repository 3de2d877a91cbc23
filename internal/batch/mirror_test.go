package batch_test

import (
	"context"
	"errors"
	"math/rand/v2"
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/warehouse"
)

// mirror is one that notes which runs it was brought to.
type mirror struct {
	name string
	shop *batchtest.Shop
	down error
	of   []string
}

func (m *mirror) Name() string { return m.name }

func (m *mirror) Follow(ctx context.Context, to *warehouse.Manifest) (warehouse.Followed, error) {
	if m.down != nil {
		return warehouse.Followed{}, m.down
	}
	newest, err := m.shop.Warehouse.Current()
	if err != nil || newest.Run != to.Run {
		return warehouse.Followed{}, errors.New("asked to follow " + to.Run + ", which is not published")
	}
	if _, err := m.shop.Warehouse.Begin(ctx, "another"); !errors.Is(err, warehouse.ErrBusy) {
		return warehouse.Followed{}, errors.New("another run could begin meanwhile")
	}
	m.of = append(m.of, to.Run)
	return warehouse.Followed{Put: to.Tables["fact_sales_day"].Rows()}, nil
}

// TestMirrorsFollow: each run brings every mirror to what is published, under the lock; one that is down
// does not keep the others, and the same run again brings it along.
func TestMirrorsFollow(t *testing.T) {
	shop := batchtest.NewShop(t)
	shop.Log(newShoppers(rand.New(rand.NewPCG(1, 1))).events(48 * time.Hour)...)
	down, up := &mirror{name: "down", shop: shop, down: errors.New("it is down")}, &mirror{name: "up", shop: shop}
	shop.Mirrors = []warehouse.Mirror{down, up}

	result := shop.Run("2026-03-03", batch.ETL)
	behind, ok := errors.AsType[*batch.MirrorError](result.Behind)
	if !ok || behind.Mirror != "down" || behind.Run != "run-0001" || !errors.Is(behind, down.down) {
		t.Fatalf("a run with a mirror that is down is behind by %v", result.Behind)
	}
	if !result.Changed || len(result.Mirrors) != 1 || result.Mirrors[0].Mirror != "up" || result.Mirrors[0].Put == 0 {
		t.Errorf("its result is %+v, want what is published and what is in the other mirror", result)
	}
	down.down = nil
	if result := shop.Run("2026-03-03", batch.ETL); result.Changed || len(result.Mirrors) != 2 || result.Behind != nil {
		t.Errorf("the same run again: %+v, want nothing changed and both mirrors brought along", result)
	}
	shop.Run("2026-03-03", batch.RFM)
	for m, want := range map[*mirror][]string{down: {"run-0001", "run-0003"}, up: {"run-0001", "run-0001", "run-0003"}} {
		if len(m.of) != len(want) || m.of[0] != want[0] || m.of[len(m.of)-1] != want[len(want)-1] {
			t.Errorf("%s was brought to %v, want %v", m.name, m.of, want)
		}
	}
}
