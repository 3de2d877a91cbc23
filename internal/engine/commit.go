package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Backoff of a store that is down: full jitter between these bounds.
const (
	minBackoff = 100 * time.Millisecond
	maxBackoff = 10 * time.Second
)

// commitLoop makes what tasks have ready durable, one transaction at a time. The
// next one starts as soon as the last is durable, but not within CommitEvery of
// its start: batches grow with the load and latency stays low.
//
// hard is the context of the store's work: it outlives ctx by the graceful stop.
func (w *Worker[C]) commitLoop(ctx, hard context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-w.dirty:
		}
		if !w.gather(ctx) {
			return nil
		}
		started := w.cfg.Now()
		err := w.commitOnce(hard)
		if errors.Is(err, errAbandoned) {
			return nil
		}
		if err != nil {
			return err
		}
		if rest := w.cfg.CommitEvery - w.cfg.Now().Sub(started); rest > 0 && !sleep(ctx, rest) {
			return nil
		}
	}
}

const (
	// catchUpRecords is how many records a commit is to have while the worker is
	// behind: nobody waits for the single result, and rows that are merged before
	// they are written are cheap.
	catchUpRecords = 300_000
	// catchUpWait bounds how long they are waited for.
	catchUpWait = time.Second
	// catchUpLook is how often they are counted.
	catchUpLook = 25 * time.Millisecond
	// catchUpLag is how many records of one task are to be read where the worker is
	// behind.
	catchUpLag = 2 * foldChunk
)

// gather waits, while the worker is behind, until a commit is worth it. It reports
// whether ctx is still alive.
func (w *Worker[C]) gather(ctx context.Context) bool {
	for waited := time.Duration(0); waited < catchUpWait && w.gathers(); waited += catchUpLook {
		if !sleep(ctx, catchUpLook) {
			return false
		}
	}
	return true
}

// gathers reports whether the worker is behind and has room for more than is ready.
func (w *Worker[C]) gathers() bool {
	behind, ready := false, 0
	for _, t := range w.activeTasks() {
		pending, full := t.ready()
		if full {
			return false
		}
		ready += pending
		behind = behind || t.lag() >= catchUpLag
	}
	return behind && ready < catchUpRecords
}

// errAbandoned reports that ctx ended before a commit was known to be durable.
// Its tasks are closed for good: what they had is folded again by their next owner.
var errAbandoned = errors.New("engine: commit abandoned")

// commitOnce seals every task and commits what they gave. After a nil error all
// of it is durable or fenced.
func (w *Worker[C]) commitOnce(ctx context.Context) error {
	if !w.committing.enter(ctx) {
		return errAbandoned
	}
	defer w.committing.leave()
	return w.commitSealed(ctx, w.sealAll())
}

func (w *Worker[C]) sealAll() []sealed[C] {
	snap := w.snapshotDue()
	var batch []sealed[C]
	now := w.cfg.Now()
	for _, t := range w.activeTasks() {
		if s, ok := t.seal(snap, w.cfg.RulesVersion); ok {
			if s.snapshot != nil {
				s.snapshot.at = now
			}
			batch = append(batch, s)
		}
	}
	return batch
}

// commitSealed commits batch, however long that takes. After an error what the
// batch holds is lost to this worker, and its tasks are closed for good: a later
// commit of theirs would move the offsets past it.
func (w *Worker[C]) commitSealed(ctx context.Context, batch []sealed[C]) error {
	left := pendingBatch[C]{tasks: batch, share: len(batch)}
	err := w.insist(ctx, func() error { return w.attempt(ctx, &left) })
	if err == nil {
		return nil
	}
	for _, s := range batch {
		s.task.discard()
	}
	if ctx.Err() != nil && !errors.Is(err, store.ErrConflict) {
		return errAbandoned
	}
	return fmt.Errorf("engine: commit: %w", err)
}

// insist repeats f, with backoff, while the store is away. Its error is that of
// ctx if that ends first, or one that trying again cannot mend.
func (w *Worker[C]) insist(ctx context.Context, f func() error) error {
	backoff := minBackoff
	for {
		err := f()
		if err == nil {
			w.setStoreDown(nil)
			return nil
		}
		if !errors.Is(err, store.ErrUnavailable) && !errors.Is(err, store.ErrOutcomeUnknown) {
			return err
		}
		w.setStoreDown(err)
		if !sleep(ctx, rand.N(backoff)+1) {
			return ctx.Err()
		}
		backoff = min(2*backoff, maxBackoff)
	}
}

// pendingBatch is what of a batch is not known to be durable.
type pendingBatch[C Changes] struct {
	tasks   []sealed[C]
	share   int  // how many of them go into one transaction
	unknown bool // whether the last transaction committed
}

// attempt commits what is left; if the outcome of the transaction before is unknown,
// it first finds that out. Tasks that turn out to be fenced or committed leave the
// batch. Of a transaction that failed the next attempt does half: one that takes a slow
// store, or a starved process, longer than a transaction may last would fail for ever.
func (w *Worker[C]) attempt(ctx context.Context, left *pendingBatch[C]) error {
	if left.unknown {
		if err := w.settle(ctx, &left.tasks); err != nil {
			return err
		}
		left.unknown = false
	}
	for len(left.tasks) > 0 {
		n := min(left.share, len(left.tasks))
		if err := w.tryCommit(ctx, left.tasks[:n]); err != nil {
			left.unknown, left.share = errors.Is(err, store.ErrOutcomeUnknown), max(1, n/2)
			return err
		}
		left.tasks = left.tasks[n:]
	}
	return nil
}

func (w *Worker[C]) tryCommit(ctx context.Context, batch []sealed[C]) error {
	commits := make([]store.Commit[C], 0, len(batch))
	for i := range batch {
		if s := &batch[i]; len(s.commit.Spans) > 0 || s.commit.Changes.Len() > 0 {
			commits = append(commits, s.commit)
		}
	}
	w.failpoint("before-commit")
	var fenced []store.TaskID
	if len(commits) > 0 {
		done, started := transactionOf(commits), w.cfg.Now()
		var err error
		if fenced, err = w.cfg.Ledger.Commit(ctx, commits); err != nil {
			return err
		}
		if w.cfg.Committed != nil {
			done.Took = w.cfg.Now().Sub(started)
			w.cfg.Committed(done)
		}
	}
	w.failpoint("after-commit")
	w.finish(batch, fenced)
	return nil
}

// settle finds out, task by task, whether a commit of unknown outcome happened.
// Those that did or that are fenced leave the batch; the rest is tried again.
func (w *Worker[C]) settle(ctx context.Context, batch *[]sealed[C]) error {
	var open []sealed[C]
	for i, s := range *batch {
		epoch, positions, err := w.cfg.Ledger.Positions(ctx, s.commit.Task)
		if err != nil {
			*batch = append(open, (*batch)[i:]...)
			return err
		}
		switch state, err := outcome(&s.commit, epoch, positions); {
		case err != nil:
			*batch = append(open, (*batch)[i:]...)
			return err
		case state == isCommitted:
			w.finish([]sealed[C]{s}, nil)
		case state == isFenced:
			w.finish([]sealed[C]{s}, []store.TaskID{s.commit.Task})
		default:
			open = append(open, s)
		}
	}
	*batch = open
	return nil
}

type commitState int

const (
	isOpen commitState = iota
	isCommitted
	isFenced
)

// outcome compares a commit with what the store holds: all spans at their ends
// means committed, all at their beginnings means not. A commit without spans
// writes only finals, which may be written twice.
func outcome[C any](c *store.Commit[C], epoch int64, positions map[string]store.Position) (commitState, error) {
	if epoch != c.Epoch {
		return isFenced, nil
	}
	from, to := 0, 0
	for _, s := range c.Spans {
		switch positions[s.Topic].Next {
		case s.To.Next:
			to++
		case s.From:
			from++
		default:
			if positions[s.Topic].Next == 0 {
				from++ // no row yet: the task's first commit
			}
		}
	}
	switch {
	case from == len(c.Spans):
		return isOpen, nil
	case to == len(c.Spans):
		return isCommitted, nil
	}
	return 0, fmt.Errorf("task %s: store at %v after a commit of %v: %w", c.Task, positions, c.Spans, store.ErrConflict)
}

// finish tells the tasks of a batch what became of it.
func (w *Worker[C]) finish(batch []sealed[C], fenced []store.TaskID) {
	now := event.TimeOf(w.cfg.Now())
	lost := map[store.TaskID]bool{}
	for _, id := range fenced {
		lost[id] = true
	}
	for i := range batch {
		s := &batch[i]
		if lost[s.commit.Task] {
			w.fence(s.task)
			continue
		}
		s.task.committed(s)
		committed(&w.stats, &s.commit)
		for _, at := range s.latencies {
			w.stats.latency(now - at)
		}
		if len(s.commit.DeadLetters) > 0 {
			signal(w.relay)
		}
		if s.snapshot != nil {
			w.publish(s.task, s.snapshot)
		}
	}
}

// fence drops a task that has a newer owner, from the batch and from memory.
func (w *Worker[C]) fence(t *task[C]) {
	w.log.Warn("task fenced: another worker has taken it over", "task", t.id.String())
	w.stats.fenced.Add(1)
	t.close()
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.tasks[t.id] == t {
		delete(w.tasks, t.id)
	}
}

// sleep waits for d and reports whether ctx is still alive.
func sleep(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}
