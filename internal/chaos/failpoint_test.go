package chaos_test

import (
	"fmt"
	"slices"
	"syscall"
	"testing"
)

// failpoints are the named points of the engine, and how often a platform passes
// each, at least, in its first moments.
var failpoints = map[string]int{
	"claimed":         8, // a task
	"before-commit":   40,
	"after-commit":    40,
	"before-snapshot": 12,
	"after-snapshot":  12,
	"relayed":         4,
}

func TestKilledAtEveryFailpointTheNumbersStayRight(t *testing.T) {
	long(t)
	chance, dir := newChance(t), newDir(t)
	names := make([]string, 0, len(failpoints))
	for name := range failpoints {
		names = append(names, name)
	}
	slices.Sort(names)
	for round := range kills(t, 6, 0.1) / 6 {
		chance.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
		for _, name := range names {
			at := fmt.Sprintf("%s:%d", name, 1+chance.IntN(failpoints[name]))
			t.Run(fmt.Sprintf("%d %s", round, at), func(t *testing.T) {
				p := up(t, dir, []string{"GLOBALMART_FAILPOINT=" + at},
					append(badEvents, "--rate", "2000", "--seed", fmt.Sprint(chance.Uint32()), "--snapshot-every", "200ms")...)
				if !p.DiedOf(syscall.SIGKILL) {
					t.Fatalf("up ended without passing %s:\n%s", at, p.Output())
				}
				settle(t, dir)
				verifySettled(t, "--data", dir)
			})
		}
	}
}
