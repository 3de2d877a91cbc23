package mutants

import (
	"errors"
	"fmt"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// limit is the time limit of the tests of one mutant. Those that catch it need a
// fraction of that.
const limit = "600s"

// draws make property tests draw the same, and more than once in a while, so that a
// mutant that one run catches is caught by the next. What fails is not kept.
var draws = []string{"RAPID_SEED=1", "RAPID_CHECKS=1000", "RAPID_SHRINKTIME=1s", "RAPID_NOFAILFILE=true"}

// compileTests builds the tests of pkg, with the files of overlay if that is not empty.
func compileTests(t *testing.T, pkg, overlay string) (program string, err error) {
	t.Helper()
	program = filepath.Join(t.TempDir(), "tests")
	return program, goCommand(t, "test", "-c", "-overlay", overlay, "-o", program, pkg)
}

// runTests runs the tests of a compiled package that match pattern, until the
// first fails. It returns the test that an assertion failed in, empty if all
// passed. Any other end is an error.
func runTests(t *testing.T, program, pkg, pattern string) (failed string, err error) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "-test.v", "-test.failfast", "-test.timeout", limit, "-test.run", pattern)
	cmd.Dir = filepath.Join(root, pkg)
	cmd.Env = append(cmd.Environ(), draws...)
	out, err := cmd.CombinedOutput()
	return verdict(string(out), err)
}

var (
	failure = regexp.MustCompile(`(?m)^ *--- FAIL: (\S+)`)
	success = regexp.MustCompile(`(?m)^ *--- PASS: `)
	crash   = regexp.MustCompile(`(?m)^(panic|fatal error): |\[rapid\] panic after`)
)

// verdict reads what became of tests from their output and the end of their
// program.
func verdict(out string, end error) (failed string, err error) {
	exit, exited := errors.AsType[*exec.ExitError](end)
	switch {
	case end != nil && !exited:
		return "", end
	case crash.MatchString(out), exited && exit.ExitCode() != 1:
		return "", fmt.Errorf("the tests crashed or ran into their limit of %s: %w\n%s", limit, end, tail(out))
	case end == nil && !success.MatchString(out):
		return "", errors.New("no test ran: the pattern matches none, or they were skipped")
	case end == nil:
		return "", nil
	}
	for _, match := range failure.FindAllStringSubmatch(out, -1) {
		if len(match[1]) > len(failed) && strings.HasPrefix(match[1], failed) {
			failed = match[1] // of tests and the parts they have, the innermost
		}
	}
	if failed == "" {
		return "", fmt.Errorf("the program failed, and no test: %w\n%s", end, tail(out))
	}
	return failed, nil
}

// tail returns the last of what a program said.
func tail(out string) string { return out[max(0, len(out)-8000):] }
