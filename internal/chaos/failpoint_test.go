package chaos_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
)

// failpoints are the named points of the engine and of the lake, and how often a
// platform passes each, at least, in its first moments.
var failpoints = map[string]int{
	"claimed":          8, // a task
	"before-commit":    40,
	"after-commit":     40,
	"before-snapshot":  12,
	"after-snapshot":   12,
	"relayed":          4,
	"lake-before-sync": 24,
	"lake-before-link": 24,
	"lake-after-link":  24,
}

// smallFiles are the flags of a platform whose lake has many files, and whose log
// is trimmed to little more than what the lake lacks.
var smallFiles = []string{"--lake-roll-after", "200ms", "--trim-every", "100ms", "--trim-to", "4096"}

func TestKilledAtEveryFailpointTheNumbersStayRight(t *testing.T) {
	long(t)
	chance, dir := newChance(t), newDir(t)
	first := up(t, dir, nil, "--rate", "2000")
	awaitSales(first, ready(first, dir).API)
	first.Kill()
	names := make([]string, 0, len(failpoints))
	for name := range failpoints {
		names = append(names, name)
	}
	slices.Sort(names)
	for round := range kills(t, len(failpoints), 0.1) / len(failpoints) {
		chance.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			at := fmt.Sprintf("%s:%d", name, 1+chance.IntN(failpoints[name]))
			t.Run(fmt.Sprintf("%d %s", round, at), func(t *testing.T) {
				p := up(t, dir, []string{"GLOBALMART_FAILPOINT=" + at},
					slices.Concat(badEvents, smallFiles, []string{"--rate", "2000", "--seed", fmt.Sprint(chance.Uint32()), "--snapshot-every", "200ms"})...)
				if !p.DiedOf(syscall.SIGKILL) {
					t.Fatalf("up ended without passing %s:\n%s", at, p.Output())
				}
				settle(t, dir)
				verifySettled(t, "--data", dir)
			})
		}
	}
	expectTrimmed(t, dir)
}

// expectTrimmed checks that the log is trimmed, also what a killed broker has
// brought back, and that what was verified is then what the lake holds.
func expectTrimmed(t *testing.T, dir string) {
	t.Helper()
	p := up(t, dir, nil, append(smallFiles, "--rate", "0")...)
	broker := configOf(ready(p, dir).Kafka)
	process.Eventually(t, "the log is trimmed", func() bool {
		starts, err := kafka.LogStarts(t.Context(), broker, event.TopicTransactions, event.TopicProductViews)
		if err != nil {
			t.Fatal(err)
		}
		for _, offsets := range starts {
			for _, start := range offsets {
				if start == 0 {
					return false
				}
			}
		}
		return true
	})
	p.StopCleanly()
	verifySettled(t, "--data", dir)
}
