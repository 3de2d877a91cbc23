package chaos_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// patience is how long anything that must happen may take.
const patience = 2 * time.Minute

// process is the program running.
type process struct {
	t     *testing.T
	name  string
	cmd   *exec.Cmd
	ended chan struct{} // closed when it is gone and its output is complete

	mu      sync.Mutex
	text    strings.Builder // what it said to people
	changed chan struct{}   // closed and replaced when text grows
}

// start starts the program with args and further variables. The process is gone
// when the test ends.
func start(t *testing.T, env []string, args ...string) *process {
	t.Helper()
	return startTo(t, nil, env, args...)
}

// startTo is start with a place for the program's data.
func startTo(t *testing.T, data *strings.Builder, env []string, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: "globalmart " + args[0], ended: make(chan struct{}), changed: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	p.cmd.Env = append(clean(os.Environ()), env...)
	p.cmd.Stderr = p
	if data != nil {
		p.cmd.Stdout = data
	}
	// The kernel ends it too if this process is killed.
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
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

// Write implements [io.Writer] for what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.text.Write(b)
	close(p.changed)
	p.changed = make(chan struct{})
	return len(b), nil
}

func (p *process) said() (text string, changed <-chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.text.String(), p.changed
}

// output is all that the program has said to people.
func (p *process) output() string {
	text, _ := p.said()
	return text
}

// await waits until the program has said what.
func (p *process) await(what string) {
	p.t.Helper()
	late := time.After(patience)
	for {
		text, changed := p.said()
		if strings.Contains(text, what) {
			return
		}
		select {
		case <-changed:
		case <-p.ended:
			if !strings.Contains(p.output(), what) {
				p.t.Fatalf("%s ended (%s) before it said %q:\n%s", p.name, p.cmd.ProcessState, what, p.output())
			}
		case <-late:
			p.t.Fatalf("%s did not say %q within %s:\n%s", p.name, what, patience, p.output())
		}
	}
}

// keepFor lets the process go on for d. It must not end in that time.
func (p *process) keepFor(d time.Duration) {
	p.t.Helper()
	select {
	case <-p.ended:
		p.t.Fatalf("%s ended by itself (%s):\n%s", p.name, p.cmd.ProcessState, p.output())
	case <-time.After(d):
	}
}

// kill ends the process as `kill -9` does and waits until it is gone. One that is
// gone already stays so.
func (p *process) kill() {
	p.signal(syscall.SIGKILL)
	<-p.ended
}

// signal sends s to this process.
func (p *process) signal(s os.Signal) {
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
}

// stop asks the process to stop and returns its exit code and how long it took.
func (p *process) stop(s os.Signal) (code int, took time.Duration) {
	p.t.Helper()
	asked := time.Now()
	p.signal(s)
	return p.wait(), time.Since(asked)
}

// stopCleanly stops the process, which must succeed.
func (p *process) stopCleanly() {
	p.t.Helper()
	if code, _ := p.stop(syscall.SIGTERM); code != 0 {
		p.t.Fatalf("%s: exit code %d:\n%s", p.name, code, p.output())
	}
}

// wait waits for the end of the process and returns its exit code, -1 after a
// signal.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.signal(syscall.SIGQUIT) // it says what it is doing
		<-p.ended
		p.t.Fatalf("%s does not end:\n%s", p.name, p.output())
	}
	return p.cmd.ProcessState.ExitCode()
}

// diedOf waits for the end of the process and reports whether s was its cause.
func (p *process) diedOf(s syscall.Signal) bool {
	p.t.Helper()
	p.wait()
	status, ok := p.cmd.ProcessState.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && status.Signal() == s
}

// clean ends the process and looks for what must not happen in any run.
func (p *process) clean() {
	p.kill()
	text := p.output()
	for _, bug := range []string{"DATA RACE", "panic:", "fatal error:"} {
		if at := strings.Index(text, bug); at >= 0 {
			p.t.Errorf("%s: %s", p.name, text[at:min(len(text), at+4000)])
		}
	}
	if p.t.Failed() {
		p.t.Logf("process %d, %s, said in the end:\n%s", p.cmd.Process.Pid, p.name, text[max(0, len(text)-4000):])
	}
}

// isOver reports whether p has ended.
func isOver(p *process) bool {
	select {
	case <-p.ended:
		return true
	default:
		return false
	}
}

// isStopped reports whether the system has frozen p.
func isStopped(t *testing.T, p *process) bool {
	t.Helper()
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.cmd.Process.Pid))
	if err != nil {
		t.Fatal(err)
	}
	// pid (name) state ...; the name may hold anything.
	_, rest, _ := strings.Cut(string(stat[strings.LastIndexByte(string(stat), ')'):]), " ")
	return strings.HasPrefix(rest, "T")
}
