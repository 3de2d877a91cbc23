// Package process runs the program as tests from outside see it: it is built once,
// started, listened to, signalled and killed. A process is gone when its test ends,
// and fails the test if it panicked or raced.
package process

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// Patience is how long anything that must happen may take: far longer than it does,
// also where many processes share two cores and a slow disk.
const Patience = 5 * time.Minute

// Process is the program running.
type Process struct {
	T     *testing.T // that the process belongs to
	name  string
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone and its output is complete

	mu      sync.Mutex
	text    strings.Builder // what it said to people
	changed chan struct{}   // closed and replaced when text grows
}

// Start starts the program with args and further variables. The process is gone
// when the test ends. Variables of this process that would set something are not
// passed on.
func Start(t *testing.T, env []string, args ...string) *Process {
	t.Helper()
	return StartTo(t, nil, env, args...)
}

// StartTo is Start with a place for the program's data, which may be nil. It is
// complete when the process has ended.
func StartTo(t *testing.T, data io.Writer, env []string, args ...string) *Process {
	t.Helper()
	p := &Process{T: t, name: "globalmart " + args[0], ended: make(chan struct{}), changed: make(chan struct{})}
	p.cmd = exec.CommandContext(context.Background(), program, args...) // the cleanup ends it, after those that need it
	p.cmd.Env = append(clean(os.Environ()), env...)
	p.cmd.Stderr = p
	p.cmd.Stdout = data
	tie(p.cmd)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState tells
		close(p.ended)
	}()
	t.Cleanup(p.clean)
	return p
}

// clean drops variables that would set something.
func clean(environ []string) []string {
	var kept []string
	for _, pair := range environ {
		if !strings.HasPrefix(pair, "GLOBALMART_") && !strings.HasPrefix(pair, "LOG_LEVEL=") {
			kept = append(kept, pair)
		}
	}
	return kept
}

// PID is the number that the system knows the process by.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Write implements [io.Writer] for what the program says to people.
func (p *Process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

func (p *Process) said() (text string, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String(), p.changed
}

// Output is all that the program has said to people.
func (p *Process) Output() string {
	text, _ := p.said()
	return text
}

// Await waits until the program has said what.
func (p *Process) Await(what string) {
	p.T.Helper()
	late := time.After(Patience)
	for {
		text, changed := p.said()
		if strings.Contains(text, what) {
			return
		}
		select {
		case <-changed:
		case <-p.ended:
			if !strings.Contains(p.Output(), what) {
				p.T.Fatalf("%s ended (%s) before it said %q:\n%s", p.name, p.cmd.ProcessState, what, p.Output())
			}
		case <-late:
			p.T.Fatalf("%s did not say %q within %s:\n%s", p.name, what, Patience, p.Output())
		}
	}
}

// KeepFor lets the process go on for d. It must not end in that time.
func (p *Process) KeepFor(d time.Duration) {
	p.T.Helper()
	select {
	case <-p.ended:
		p.T.Fatalf("%s ended by itself (%s):\n%s", p.name, p.cmd.ProcessState, p.Output())
	case <-time.After(d):
	}
}

// Kill ends the process as `kill -9` does and waits until it is gone. One that is
// gone already stays so.
func (p *Process) Kill() {
	p.Signal(syscall.SIGKILL)
	<-p.ended
}

// Signal sends s to this process.
func (p *Process) Signal(s os.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.T.Error(err)
	}
}

// Stop asks the process to stop and returns its exit code and how long it took.
func (p *Process) Stop(s os.Signal) (code int, took time.Duration) {
	p.T.Helper()
	asked := time.Now()
	p.Signal(s)
	return p.Wait(), time.Since(asked)
}

// StopCleanly stops the process, which must succeed.
func (p *Process) StopCleanly() {
	p.T.Helper()
	p.Signal(syscall.SIGTERM)
	p.Succeed()
}

// Succeed waits for the end of the process, which must be a success.
func (p *Process) Succeed() {
	p.T.Helper()
	if code := p.Wait(); code != 0 {
		p.T.Fatalf("%s: exit code %d:\n%s", p.name, code, p.Output())
	}
}

// Wait waits for the end of the process and returns its exit code, -1 after a
// signal.
func (p *Process) Wait() int {
	p.T.Helper()
	select {
	case <-p.ended:
	case <-time.After(Patience):
		p.Signal(syscall.SIGQUIT) // it says what it is doing
		<-p.ended
		p.T.Fatalf("%s does not end:\n%s", p.name, p.Output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// DiedOf waits for the end of the process and reports whether s was its cause.
func (p *Process) DiedOf(s syscall.Signal) bool {
	p.T.Helper()
	p.Wait()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == s
}

// clean ends the process and looks for what must not happen in any run.
func (p *Process) clean() {
	p.Kill()
	text := p.Output()
	for _, bug := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if at := strings.Index(text, bug); at >= 0 {
			p.T.Errorf("%s: %s", p.name, text[at:min(len(text), at+4000)])
		}
	}
	if p.T.Failed() {
		p.T.Logf("process %d, %s, said in the end:\n%s", p.PID(), p.name, text[max(0, len(text)-4000):])
	}
}

// Over reports whether the process has ended.
func (p *Process) Over() bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// Frozen reports whether the system has frozen the process. It is for Linux.
func (p *Process) Frozen() bool {
	p.T.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.PID()))
	if err != nil {
		p.T.Fatal(err)
	}
	// pid (name) state ...; the name may hold anything.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
	return strings.HasPrefix(rest, "T")
}

// Eventually waits until ok, which it asks again and again.
func Eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	Within(t, Patience, what, ok)
}

// Within is Eventually with a patience of its own.
func Within(t *testing.T, patience time.Duration, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-late:
			t.Fatalf("not within %s: %s", patience, what)
		case <-time.After(20 * time.Millisecond):
		}
	}
}
