package engine

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// results is what the store must hold for a log.
type results struct {
	Sales     map[store.SalesTable]map[store.SalesKey]store.Sales
	Products  map[string]store.Product
	Customers map[string]store.Customer
	Counts    map[string]store.Counts // by topic[partition]
	Dead      map[string]event.Reason // by DeadLetterKey
}

// expect computes the results from the log with the model.
func (r *rig) expect() results {
	r.Helper()
	m := model.New(r.rules)
	dead := map[string]event.Reason{}
	ends := r.ends()
	r.must(kafka.Scan(r.Context(), r.kafka, nil, ends, func(record *kgo.Record) error {
		if v := m.Record(record); v.Invalid != nil {
			dead[DeadLetterKey(record.Topic, record.Partition, record.Offset)] = v.Invalid.Reason
		}
		return nil
	}))
	tables := m.Tables()
	want := results{tables.Sales, tables.Products, tables.Customers, map[string]store.Counts{}, dead}
	for topic, partitions := range ends {
		for p := range partitions {
			if c := m.Counts(topic, p); c.Total() > 0 {
				want.Counts[fmt.Sprintf("%s[%d]", topic, p)] = c
			}
		}
	}
	return want
}

// found reads the results from the store. Products and customers are those that
// are wanted.
func (r *rig) found(s rigStore, want results) results {
	r.Helper()
	view, err := s.View(r.Context())
	r.must(err)
	defer view.Close()
	got := results{map[store.SalesTable]map[store.SalesKey]store.Sales{}, nil, map[string]store.Customer{}, map[string]store.Counts{}, map[string]event.Reason{}}
	for _, table := range store.SalesTables {
		got.Sales[table] = map[store.SalesKey]store.Sales{}
		for row, err := range view.Sales(r.Context(), table) {
			r.must(err)
			sum := got.Sales[table][row.Key]
			sum.Add(&row.Sales)
			got.Sales[table][row.Key] = sum
		}
	}
	var ids []string
	for id := range want.Products {
		ids = append(ids, id)
	}
	got.Products, err = s.Products(r.Context(), ids)
	r.must(err)
	for id := range want.Customers {
		got.Customers[id], err = s.Customer(r.Context(), id)
		r.must(err)
	}
	for row, err := range view.Ledger(r.Context()) {
		r.must(err)
		key := fmt.Sprintf("%s[%d]", row.Topic, row.Task.Partition)
		c := got.Counts[key]
		c.Add(row.Counts)
		got.Counts[key] = c
	}
	for d, err := range view.DeadLetters(r.Context()) {
		r.must(err)
		got.Dead[DeadLetterKey(d.Topic, d.Partition, d.Offset)] = d.Reason
	}
	return got
}

// checkResults compares the store with the log.
func (r *rig) checkResults(s rigStore) {
	r.Helper()
	want := r.expect()
	if diff := cmp.Diff(want, r.found(s, want), cmpopts.EquateEmpty()); diff != "" {
		r.Errorf("the store differs from the log (-log +store):\n%.4000s", diff)
	}
}

// stopLimit is how long a stop may take on a busy machine: less than the tests' Graceful,
// and far more than the default, 4 s, with what it does for others.
const stopLimit = 30 * time.Second

func TestABacklogIsDrainedAndComesToWhatTheModelSays(t *testing.T) {
	onEveryBroker(t, func(t *testing.T, r *rig) {
		r.sendShop(1, 0, 6000)
		s := r.open()
		w := start(t, r.config(s))
		r.drain(s)
		r.checkResults(s)
		r.sendShop(1, 6000, 7000) // and live
		r.drain(s)
		r.checkResults(s)
		eventually(t, "a worker that has drained the log says so", func() bool { return w.Status().Ready && w.Reached(r.ends()) })
		eventually(t, "all 7000 records are counted", func() bool {
			var applied int64
			for _, c := range w.Status().ByTopic {
				applied += c.Total()
			}
			return applied >= 7000
		})
		began := time.Now()
		w.stop()
		if took := time.Since(began); took > stopLimit {
			t.Errorf("the stop took %s", took)
		}
	})
}

func TestABrokerThatRestartsIsWaitedFor(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	r.sendShop(1, 0, 1000)
	s := r.open()
	w := start(t, r.config(s))
	r.drain(s)
	addr := r.broker.Addr()
	r.must(r.broker.Close())
	r.startBroker(addr)
	r.sendShop(1, 1000, 2000)
	r.drain(s)
	r.checkResults(s)
	w.stop()
}

func TestAStopEndsInTimeWithoutBrokerAndStore(t *testing.T) {
	t.Parallel()
	r := newRig(t)
	s := &spy{Ledger: r.open()}
	cfg := r.config(s)
	cfg.Graceful = 0 // the default
	w := start(t, cfg)
	eventually(t, "ready", func() bool { return w.Status().Ready })
	s.set(func(s *spy) {
		s.commit = func(func() ([]store.TaskID, error)) ([]store.TaskID, error) { return nil, store.ErrUnavailable }
	})
	r.sendShop(1, 0, 1000)
	eventually(t, "the store is noticed to be down", func() bool { return !w.Status().Ready })
	addr := r.broker.Addr()
	r.must(r.broker.Close())
	began := time.Now()
	w.stop()
	if took := time.Since(began); took > stopLimit {
		t.Errorf("the stop took %s", took)
	}
	r.startBroker(addr)
}
