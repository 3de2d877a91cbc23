package batch_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"globalmart/internal/batch"
	"globalmart/internal/batch/batchtest"
	"globalmart/internal/batch/spark"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/netfault"
	"globalmart/internal/warehouse"
)

// TestSparkLostInTheMiddleOfAJob: the connection ends when a statement was sent and its
// answer has not come. Nothing is published, and to run again comes to the same.
func TestSparkLostInTheMiddleOfAJob(t *testing.T) {
	proxy := netfault.Start(t, testenv.SparkEndpoints(t).Thrift)
	made := newShoppers(seeded(t))
	shop := batchtest.NewShop(t)
	other := shop.On(onSpark("spark://" + proxy.Addr()))
	shop.Log(made.events(8 * time.Hour)...)
	cut := proxy.CutAt("base_tax", netfault.Reply) // it is in the query of the order lines
	if _, err := other.TryRun("2026-03-02", batch.ETL); !errors.Is(err, batch.ErrLost) || !strings.Contains(err.Error(), proxy.Addr()) {
		t.Fatalf("an error that says what was lost is missing: %v", err)
	}
	<-cut // it has happened: nothing else was lost
	if m, err := other.Warehouse.Current(); !errors.Is(err, warehouse.ErrNone) {
		t.Errorf("it has published %v, %v", m, err)
	}
	shop.Run("2026-03-02", batch.ETL)
	other.Run("2026-03-02", batch.ETL)
	for _, table := range batch.Graph() {
		if table.Job == batch.ETL {
			compare(t, table, shop, other)
		}
	}
}

// TestASilentSparkIsGivenUp: what does not answer counts as lost, and who asks no longer
// waits for it.
func TestASilentSparkIsGivenUp(t *testing.T) {
	proxy := netfault.Start(t, testenv.SparkEndpoints(t).Thrift)
	e, err := spark.Open(t.Context(), spark.Config{Address: proxy.Addr()})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	lane, err := spark.Open(t.Context(), spark.Config{Address: proxy.Addr(), Silence: 20 * time.Second})
	if err != nil {
		t.Fatal(err)
	}
	defer lane.Close()
	proxy.Silence(true)
	defer proxy.Silence(false)
	if _, err := lane.Query(t.Context(), "select 1 as one"); !errors.Is(err, batch.ErrLost) {
		t.Errorf("a server that says nothing: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if _, err := e.Query(ctx, "select 1 as one"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("who waits no longer: %v", err)
	}
}
