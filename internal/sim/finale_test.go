package sim

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/verify"
)

// finish lets everything be healed and applied, waits until every session is at
// rest, and then proves the numbers.
func (w *world) finish() error {
	w.server.heal()
	if err := w.settle(); err != nil {
		return fmt.Errorf("after the last fault: %w", err)
	}
	time.Sleep(w.rules.Session.Gap + time.Minute)
	if err := w.settle(); err != nil { // from snapshots, without anything to read
		return fmt.Errorf("at the end: %w", err)
	}
	return w.prove()
}

// settle runs one worker until everything that was sent is applied, and its clock
// has told it so.
func (w *world) settle() error {
	if err := w.join(0); err != nil {
		return err
	}
	if err := w.traffic.flush(); err != nil {
		return err
	}
	ends, limit := w.ends(), time.Now().Add(10*time.Minute)
	for !w.drained(ends) {
		if err := w.check(); err != nil {
			return err
		}
		if time.Now().After(limit) {
			return errors.New("the log is not applied after 10 minutes without a fault")
		}
		time.Sleep(250 * time.Millisecond)
	}
	time.Sleep(3 * time.Second)
	return errors.Join(w.leave(0), w.check())
}

// prove compares the log with what was sent, and the store with the log.
func (w *world) prove() error {
	ctx := context.Background()
	log, err := readLog(ctx, w.kafka, w.ends(), kgo.Dialer(newHost(w.network).dial))
	if err != nil {
		return err
	}
	twice, err := log.against(w.traffic.sent)
	w.tally.count(brokerDuplicate, twice)
	if err != nil {
		return err
	}
	report, err := verify.Run(ctx, verify.World{Rules: w.rules, Store: w.server.memory, Log: log, Now: time.Now, Workers: 1})
	if err != nil {
		return err
	}
	for _, p := range report.Cut.Positions {
		w.tally.count(applied, int(p.Counts.Applied))
		w.tally.count(duplicate, int(p.Counts.Duplicate))
		w.tally.count(dead, int(p.Counts.Dead))
		w.tally.count(tooOld, int(p.Counts.TooOld))
	}
	return complete(&report)
}

// unasked is the one check that is left out: nothing serves an API here.
const unasked = "API answers equal the log"

// complete returns what does not hold, or was not compared.
func complete(r *verify.Report) error {
	errs := []error{r.Err()}
	if r.Cut.Waiting > 0 {
		errs = append(errs, fmt.Errorf("%d records wait to be applied", r.Cut.Waiting))
	}
	for _, i := range r.Invariants {
		if i.Name == unasked {
			continue
		}
		if i.Checked == 0 {
			errs = append(errs, fmt.Errorf("invariant %d (%s) had nothing to check", i.ID, i.Name))
		}
		for _, d := range i.Differences {
			errs = append(errs, fmt.Errorf("invariant %d (%s): %s", i.ID, i.Name, d))
		}
		for _, note := range i.Notes {
			errs = append(errs, fmt.Errorf("invariant %d (%s): %s", i.ID, i.Name, note))
		}
	}
	return errors.Join(errs...)
}
