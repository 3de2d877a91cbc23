package engine

import "globalmart/internal/store"

// pause ends folding; seal still gives what is folded.
func (t *task[C]) pause() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.paused = true
}

// close stops the task: it folds and commits nothing more.
func (t *task[C]) close() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.shut()
}

// discard closes the task for good: what it sealed will not be committed, so it
// is ahead of the store and must never be used again.
func (t *task[C]) discard() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.spoil()
}

func (t *task[C]) spoil() {
	t.spoilt = true
	t.shut()
}

func (t *task[C]) shut() {
	t.closed = true
	for _, in := range t.inputs {
		in.drop()
	}
	signal(t.wake)
}

func (t *task[C]) isClosed() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.closed
}

// revive takes a closed task back into use under a new claim, if nobody else had
// it in between: then its state is exactly what the store holds.
func (t *task[C]) revive(claim store.Claim) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.spoilt || claim.PrevEpoch != t.epoch {
		return false
	}
	for _, in := range t.inputs {
		if claim.Positions[in.topic].Next != in.committed.Next && in.committed.LastHash != 0 {
			return false
		}
	}
	t.epoch = claim.Epoch
	t.closed, t.paused = false, false
	return true
}
