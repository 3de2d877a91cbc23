package sim

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"
)

// slots is how many workers there are at most; partitions of each topic that the
// stream reads, so that each worker can have one.
const (
	slots      = 3
	partitions = 3
)

// plan is what will happen in a simulation. It is a function of the seed.
type plan struct {
	seed   uint64
	shifts []shift
}

// shift is a time in which workers run and things go wrong, and the night after
// it, in which nothing runs but the brokers and a few shoppers.
type shift struct {
	workers  int
	rate     float64 // events a second
	length   time.Duration
	steps    []step
	blackout bool // ends all workers at once, without any clean-up
	night    time.Duration
}

// step is one thing that happens.
type step struct {
	at    time.Duration // since the shift began
	what  happening
	slot  int           // whose worker
	d     time.Duration // for how long
	n     int           // how many, how much or which
	point string        // at which failpoint; "" is at once
}

func (s step) String() string {
	return fmt.Sprintf("%s (worker %d, %s, %d, %q)", happeningNames[s.what], s.slot, s.d, s.n, s.point)
}

// weights are how often a step is drawn.
var weights = []struct {
	what   happening
	weight int
}{
	{crash, 5},
	{crashAtPoint, 7},
	{frozen, 4},
	{frozenAtPoint, 7},
	{leave, 4},
	{join, 4},
	{cut, 3},
	{stall, 3},
	{slowWire, 3},
	{storeAway, 4},
	{slowCall, 3},
	{unknownCommitted, 7},
	{damaged, 2},
	{leaderMove, 3},
	{brokerError, 6},
	{brokerRestart, 1},
	{brokerCrash, 3},
	{clockJump, 2},
}

// inTransaction is a point between the statements of a transaction.
const inTransaction = "in-transaction"

// points are the failpoints of the engine, and one of the store's client.
var points = []string{"claimed", "before-commit", "after-commit", "before-snapshot", "after-snapshot", "relayed", inTransaction}

func drawPlan(seed uint64) plan {
	chance := rand.New(rand.NewPCG(seed, 1))
	p := plan{seed: seed}
	for range 3 + chance.IntN(3) {
		p.shifts = append(p.shifts, drawShift(chance))
	}
	return p
}

func drawShift(chance *rand.Rand) shift {
	s := shift{
		workers:  1 + chance.IntN(slots),
		rate:     0.5 + 2.5*chance.Float64(),
		length:   between(chance, 40*time.Second, 100*time.Second),
		blackout: chance.IntN(2) == 0,
		night:    drawNight(chance),
	}
	for range 3 + chance.IntN(6) {
		drawn := drawStep(chance, s.length)
		s.steps = append(s.steps, drawn)
		if drawn.what == crash || drawn.what == crashAtPoint { // and somebody starts it again
			s.steps = append(s.steps, step{at: drawn.at + drawn.d, what: join, slot: drawn.slot})
		}
	}
	slices.SortFunc(s.steps, func(a, b step) int { return cmp.Compare(a.at, b.at) })
	return s
}

// drawNight draws anything from a restart to a long weekend.
func drawNight(chance *rand.Rand) time.Duration {
	switch chance.IntN(8) {
	case 0:
		return between(chance, time.Second, time.Minute)
	case 1, 2:
		return between(chance, 20*time.Minute, 3*time.Hour)
	case 3, 4:
		return between(chance, 24*time.Hour, 60*time.Hour)
	}
	return between(chance, 3*time.Hour, 20*time.Hour)
}

func drawStep(chance *rand.Rand, length time.Duration) step {
	s := step{at: between(chance, 0, length), slot: chance.IntN(slots), n: chance.IntN(1000)}
	total := 0
	for _, w := range weights {
		total += w.weight
	}
	at := chance.IntN(total)
	for _, w := range weights {
		if at -= w.weight; at < 0 {
			s.what = w.what
			break
		}
	}
	switch s.what {
	case crashAtPoint:
		s.point = points[chance.IntN(len(points))]
		s.d = between(chance, time.Second, 20*time.Second)
	case frozenAtPoint:
		s.point = []string{"before-commit", inTransaction, points[chance.IntN(len(points))]}[chance.IntN(3)]
		s.d = between(chance, 2*time.Second, 45*time.Second)
	case frozen:
		s.d = between(chance, 2*time.Second, 45*time.Second)
	case slowWire, slowCall, stall:
		s.d = between(chance, 2*time.Second, 20*time.Second)
	default:
		s.d = between(chance, 500*time.Millisecond, 15*time.Second)
	}
	return s
}

func between(chance *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(chance.Int64N(int64(high-low)))
}
