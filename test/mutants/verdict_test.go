package mutants

import (
	"os/exec"
	"testing"
)

// ended is the end of a program with an exit code.
func ended(t *testing.T, code string) error {
	t.Helper()
	return exec.CommandContext(t.Context(), "sh", "-c", "exit "+code).Run()
}

func TestOnlyAnAssertionCatches(t *testing.T) {
	for name, tt := range map[string]struct {
		out, exit string
		failed    string
		err       bool
	}{
		"all pass":             {out: "--- PASS: TestA (0.0s)\nPASS\n", exit: "0"},
		"an assertion":         {out: "--- FAIL: TestA (0.1s)\n    a_test.go:1: two\nFAIL\n", exit: "1", failed: "TestA"},
		"one of a part":        {out: "--- FAIL: TestA (0.1s)\n    --- FAIL: TestA/b (0.1s)\n        a_test.go:1: two\n--- FAIL: TestB (0.1s)\nFAIL\n", exit: "1", failed: "TestA/b"},
		"no test":              {out: "testing: warning: no tests to run\nPASS\n", exit: "0", err: true},
		"all skipped":          {out: "--- SKIP: TestA (0.0s)\nPASS\n", exit: "0", err: true},
		"a panic":              {out: "--- FAIL: TestA (0.1s)\npanic: nil map [recovered]\n", exit: "2", err: true},
		"the time limit":       {out: "panic: test timed out after 1s\n", exit: "2", err: true},
		"a panic in a draw":    {out: "--- FAIL: TestA (0.1s)\n    a.go:1: [rapid] panic after 1 tests: nil map\n", exit: "1", err: true},
		"a leak":               {out: "--- PASS: TestA (0.0s)\nPASS\ngoleak: Errors on successful test run\n", exit: "1", err: true},
		"killed":               {out: "", exit: "137", err: true},
		"a fatal error of Go":  {out: "fatal error: all goroutines are asleep - deadlock!\n", exit: "2", err: true},
		"a race of the memory": {out: "--- PASS: TestA (0.0s)\nFAIL\n", exit: "66", err: true},
	} {
		t.Run(name, func(t *testing.T) {
			failed, err := verdict(tt.out, ended(t, tt.exit))
			if failed != tt.failed || (err != nil) != tt.err {
				t.Errorf("failed %q, error %v; want %q, an error: %v", failed, err, tt.failed, tt.err)
			}
		})
	}
}
