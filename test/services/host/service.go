package host

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"time"
)

// A Java process on a busy machine takes its time, as do recovery and the last checkpoint
// on a slow disk. A server that is killed in the middle of its end leaves processes that
// keep the next one from starting.
const (
	startTime = 5 * time.Minute
	stopTime  = 5 * time.Minute
	askEvery  = 30 * time.Millisecond
)

// portsTried is how often a start is tried where a port was taken.
const portsTried = 3

// ErrPortTaken reports that a service could not have its port.
var ErrPortTaken = errors.New("a port was taken by another process")

// WithFreePorts calls start again, a few times, if the ports that it found free were
// taken before the service had them.
func WithFreePorts[T any](start func() (T, error)) (T, error) {
	for n := 1; ; n++ {
		s, err := start()
		if err == nil || n == portsTried || !errors.Is(err, ErrPortTaken) {
			return s, err
		}
	}
}

// Service is a process that answers on a port. It dies with the one that started it.
type Service struct {
	cmd    *exec.Cmd
	output string
	exited chan struct{} // closed when the process has ended
	err    error         // how; set before exited is closed
}

// Launch starts a service. What it says is added to the file output.
func Launch(cmd *exec.Cmd, output string) (*Service, error) {
	file, err := os.OpenFile(output, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	defer file.Close()
	cmd.Stdout, cmd.Stderr = file, file
	credential := (*syscall.Credential)(nil)
	if cmd.SysProcAttr != nil {
		credential = cmd.SysProcAttr.Credential
	}
	cmd.SysProcAttr = attributes()
	cmd.SysProcAttr.Credential = credential
	if err := cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", cmd.Path, err)
	}
	s := &Service{cmd: cmd, output: output, exited: make(chan struct{})}
	go func() {
		s.err = cmd.Wait()
		close(s.exited)
	}()
	return s, nil
}

// PID is the number of the process.
func (s *Service) PID() int { return s.cmd.Process.Pid }

// Alive reports whether the process has not ended. Nil has.
func (s *Service) Alive() bool {
	if s == nil {
		return false
	}
	select {
	case <-s.exited:
		return false
	default:
		return true
	}
}

// Await returns when ask succeeds; it fails when the process ends or takes too long.
func (s *Service) Await(ctx context.Context, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, startTime)
	defer cancel()
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("no answer within %s: %w\n%s", startTime, err, tail(s.output))
		case <-s.exited:
			return s.died()
		case <-time.After(askEvery):
		}
	}
}

// Wait returns when ctx ends; it fails when the process has ended before.
func (s *Service) Wait(ctx context.Context) error {
	select {
	case <-ctx.Done():
		return nil
	case <-s.exited:
		return s.died()
	}
}

func (s *Service) died() error {
	output, err := tail(s.output), s.err
	if bytes.Contains(output, []byte("Address already in use")) {
		err = ErrPortTaken
	}
	return fmt.Errorf("it ended: %w\n%s", err, output)
}

// End sends a signal and waits for the end of the process; one that does not heed it is
// killed. Nil has ended.
func (s *Service) End(signal os.Signal) {
	if s == nil {
		return
	}
	_ = s.cmd.Process.Signal(signal) // an error means that it has ended
	select {
	case <-s.exited:
	case <-time.After(stopTime):
		_ = s.cmd.Process.Kill()
		<-s.exited
	}
}

// WriteEndpoints tells in a file where a service is and how to be let in. Only its owner
// may read it.
func WriteEndpoints(file string, endpoints any) error {
	text, err := json.MarshalIndent(endpoints, "", "  ")
	if err != nil {
		return fmt.Errorf("write endpoints: %w", err)
	}
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return fmt.Errorf("write endpoints: %w", err)
	}
	return nil
}

// tail is the end of what a service wrote to file.
func tail(file string) []byte {
	text, err := os.ReadFile(file)
	if err != nil {
		return []byte(err.Error())
	}
	return text[max(0, len(text)-4096):]
}
