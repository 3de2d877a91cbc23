package e2e_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// program is the binary under test.
var program string

func TestMain(m *testing.M) {
	flag.Parse()
	os.Exit(buildAndRun(m))
}

func buildAndRun(m *testing.M) int {
	dir, err := os.MkdirTemp("", "e2e")
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer os.RemoveAll(dir)
	program = filepath.Join(dir, "globalmart")
	build := exec.Command("go", "build", "-buildvcs=false", "-o", program, "globalmart/cmd/globalmart")
	if out, err := build.CombinedOutput(); err != nil {
		fmt.Fprintf(os.Stderr, "build of the program: %v\n%s", err, out)
		return 1
	}
	return m.Run()
}

// patience is how long anything that must happen may take.
const patience = 2 * time.Minute

// process is the program running.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	stdout bytes.Buffer  // complete when ended is closed
	ended  chan struct{} // closed when it is gone

	mu   sync.Mutex
	said bytes.Buffer // stderr
}

// start starts the program with args. It is gone when the test ends.
func start(t *testing.T, args ...string) *process {
	t.Helper()
	p := &process{t: t, name: "globalmart " + args[0], ended: make(chan struct{})}
	p.cmd = exec.Command(program, args...)
	for _, pair := range os.Environ() {
		if !strings.HasPrefix(pair, "GLOBALMART_") && !strings.HasPrefix(pair, "LOG_LEVEL=") {
			p.cmd.Env = append(p.cmd.Env, pair)
		}
	}
	p.cmd.Stdout, p.cmd.Stderr = &p.stdout, p
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		_ = p.cmd.Wait() // ProcessState tells
		close(p.ended)
	}()
	t.Cleanup(func() {
		p.signal(syscall.SIGKILL)
		<-p.ended
		if t.Failed() {
			t.Logf("%v said:\n%s", p.cmd.Args[1:], p.text())
		}
	})
	return p
}

// Write implements [io.Writer] for what the program says.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.Write(b)
}

func (p *process) text() string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.said.String()
}

func (p *process) signal(s os.Signal) { _ = p.cmd.Process.Signal(s) } // an error means that it has ended

// await waits until the program has said what.
func (p *process) await(what string) {
	p.t.Helper()
	eventually(p.t, p.name+" says "+what, func() bool {
		select {
		case <-p.ended:
			p.t.Fatalf("%s ended: %s", p.name, p.cmd.ProcessState)
		default:
		}
		return strings.Contains(p.text(), what)
	})
}

// wait waits for the end of the process and returns its exit code.
func (p *process) wait() int {
	p.t.Helper()
	select {
	case <-p.ended:
	case <-time.After(patience):
		p.t.Fatalf("%s does not end", p.name)
	}
	return p.cmd.ProcessState.ExitCode()
}

// stop asks the process to stop, which must succeed.
func (p *process) stop() {
	p.t.Helper()
	p.signal(syscall.SIGTERM)
	p.succeed()
}

// succeed waits for the end of the process, which must be a success.
func (p *process) succeed() {
	p.t.Helper()
	if code := p.wait(); code != 0 {
		p.t.Fatalf("%s: exit code %d", p.name, code)
	}
}

// ask runs the program to its successful end and decodes its answer.
func ask[T any](t *testing.T, args ...string) T {
	t.Helper()
	var answer T
	p := start(t, append(args, "--output", "json")...)
	p.succeed()
	if err := json.Unmarshal(p.stdout.Bytes(), &answer); err != nil {
		t.Fatalf("%s: %v: %s", p.name, err, p.stdout.Bytes())
	}
	return answer
}

// eventually waits until ok, which it asks again and again.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	late := time.After(patience)
	for !ok() {
		select {
		case <-late:
			t.Fatalf("not within %s: %s", patience, what)
		case <-time.After(50 * time.Millisecond):
		}
	}
}
