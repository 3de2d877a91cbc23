package batch_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
)

// tight is an engine that mart_rfm does not fit into; it fits into its lanes.
type tight struct{ batch.Engine }

func (e tight) Write(ctx context.Context, query, file string, rowGroup int) (int64, error) {
	if strings.Contains(file, "mart_rfm/") {
		return 0, fmt.Errorf("tight: %w", batch.ErrMemory)
	}
	return e.Engine.Write(ctx, query, file, rowGroup)
}

func TestWhatDoesNotFitIsMadeOnOneCore(t *testing.T) {
	wide, made := batchtest.NewShop(t), newShoppers(seeded(t))
	wide.Log(made.events(30 * time.Hour)...)
	narrow := wide.On(func(t testing.TB, dirs ...string) batch.Engine { return tight{batchtest.DuckDB(t, dirs...)} })
	wide.Run("2026-03-05", batch.ETL, batch.RFM)
	narrow.Run("2026-03-05", batch.ETL, batch.RFM)
	const all = "select * from mart_rfm order by all"
	if wide.Text(all) == "" {
		t.Error("nothing was compared")
	}
	if diff := cmp.Diff(wide.Text(all), narrow.Text(all)); diff != "" {
		t.Errorf("mart_rfm (-at once +on one core):\n%s", diff)
	}
}
