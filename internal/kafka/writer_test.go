package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
)

func newWriter(t *testing.T, v virtual) *kafka.Writer {
	t.Helper()
	w, err := kafka.NewWriter(v.cfg, v.dial)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(w.Close)
	return w
}

// recordsOf are n records of a size with keys k0, k1, …
func recordsOf(n, size int) []kgo.Record {
	records := make([]kgo.Record, n)
	for i := range records {
		records[i] = kgo.Record{Topic: event.TopicTransactions, Key: fmt.Appendf(nil, "k%d", i), Value: make([]byte, size), Timestamp: testTime(i).Std()}
	}
	return records
}

func TestWhatIsWrittenIsInTheLog(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		w := newWriter(t, v)
		if err := w.Write(t.Context(), nil); err != nil {
			t.Error(err)
		}
		if err := w.Write(t.Context(), recordsOf(100, 10)); err != nil {
			t.Fatal(err)
		}
		found := map[string]bool{}
		for _, r := range readAll(t, v.cfg, []kgo.Opt{v.dial}, event.TopicTransactions) {
			found[string(r.Key)] = true
		}
		if len(found) != 100 {
			t.Errorf("%d of 100 records are in the log", len(found))
		}
	})
}

func TestWhatCannotBeWrittenIsAnErrorInTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		w := newWriter(t, v)
		v.cluster.Close()
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		defer cancel()
		if err := w.Write(ctx, recordsOf(1, 10)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a deadline: %v", err)
		}
		began := time.Now()
		if err := w.Write(t.Context(), recordsOf(1, 10)); err == nil || time.Since(began) > time.Minute {
			t.Errorf("no deadline: %v after %s", err, time.Since(began))
		}
	})
}

func TestAWriterThatIsBusySaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		w := newWriter(t, v)
		v.cluster.Close()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := w.Write(ctx, recordsOf(100, 700<<10)); !errors.Is(err, kafka.ErrBusy) && !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("the ones that fill it: %v", err)
		}
		if err := w.Write(t.Context(), recordsOf(1, 700<<10)); !errors.Is(err, kafka.ErrBusy) {
			t.Errorf("one more: %v", err)
		}
	})
}
