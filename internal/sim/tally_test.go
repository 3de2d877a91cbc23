package sim

import (
	"fmt"
	"strings"
	"sync"
)

// happening is something that a campaign counts, and that must have happened in
// it: what no seed has met was not tested.
type happening int

const (
	commit happening = iota
	fence
	unknownCommitted
	unknownRolledBack
	unknownLater
	storeAway
	slowCall
	idleAborted
	snapshot
	restore
	damaged
	crash
	crashAtPoint
	frozen
	frozenAtPoint
	leave
	join
	rebalance
	cut
	stall
	slowWire
	leaderMove
	brokerError
	brokerRestart
	brokerCrash
	brokerDuplicate
	clockJump
	applied
	duplicate
	dead
	tooOld
	happenings
)

var happeningNames = [happenings]string{
	commit: "commits", fence: "fences", unknownCommitted: "unknown outcomes, committed", unknownRolledBack: "unknown outcomes, rolled back",
	unknownLater: "unknown outcomes, committed later", storeAway: "calls while the store was away", slowCall: "slow calls of the store",
	idleAborted: "transactions of stopped workers ended by the store", snapshot: "snapshots", restore: "restores from a snapshot", damaged: "damaged snapshots",
	crash: "crashes", crashAtPoint: "crashes at a failpoint", frozen: "workers stopped", frozenAtPoint: "workers stopped at a failpoint",
	leave: "workers that left", join: "workers that joined", rebalance: "assignments", cut: "connections cut", stall: "half-open networks", slowWire: "slow networks",
	leaderMove: "leaders moved", brokerError: "errors of brokers", brokerRestart: "restarts of brokers", brokerCrash: "crashes of brokers",
	brokerDuplicate: "records written twice by brokers", clockJump: "clock jumps",
	applied: "events applied", duplicate: "duplicates", dead: "dead letters", tooOld: "too old",
}

// tally counts what happened. It is safe for concurrent use.
type tally struct {
	mu sync.Mutex
	n  [happenings]int64
}

func (t *tally) add(h happening) { t.count(h, 1) }

func (t *tally) count(h happening, n int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.n[h] += int64(n)
}

// merge adds what o counted.
func (t *tally) merge(o *tally) {
	o.mu.Lock()
	counted := o.n
	o.mu.Unlock()
	t.mu.Lock()
	defer t.mu.Unlock()
	for h, n := range counted {
		t.n[h] += n
	}
}

// missing names what never happened.
func (t *tally) missing() []string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var names []string
	for h, n := range t.n {
		if n == 0 {
			names = append(names, happeningNames[h])
		}
	}
	return names
}

// String lists the counts.
func (t *tally) String() string {
	t.mu.Lock()
	defer t.mu.Unlock()
	var b strings.Builder
	for h, n := range t.n {
		fmt.Fprintf(&b, "%9d %s\n", n, happeningNames[h])
	}
	return b.String()
}
