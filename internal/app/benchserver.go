package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"syscall"
	"time"

	"globalmart/internal/telemetry"
)

// freeAddress is a loopback address where nobody listens.
func freeAddress(ctx context.Context) (string, error) {
	var lc net.ListenConfig
	l, err := lc.Listen(ctx, "tcp", anyPort)
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return l.Addr().String(), l.Close()
}

// target is a process that the bench has started to be asked, with those that it starts.
type target struct {
	*child
	url string // http://host:port
	// What stands behind it: first processes, 0 where there is none or it is not known.
	redisPID, storePID int
}

// serverStart is how long a server may take to answer.
const serverStart = 2 * time.Minute

// serverStop is how long it may take to end when it is asked to.
const serverStop = 30 * time.Second

// serve starts cmd in a process group of its own and waits until GET path is answered
// well. The caller stops it.
func (b *bench) serve(ctx context.Context, cmd *exec.Cmd, addr, path string) (*target, error) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGTERM) }
	c, err := startChild(cmd)
	if err != nil {
		return nil, err
	}
	s := &target{child: c, url: "http://" + addr}
	limited, cancel := context.WithTimeoutCause(ctx, serverStart, fmt.Errorf("%s does not answer within %s", cmd.Path, serverStart))
	defer cancel()
	for {
		if _, err := fetch(limited, s.url+path); err == nil {
			return s, nil
		}
		if err := c.wait(limited); err != nil {
			s.stop()
			return nil, fmt.Errorf("bench: start %s: %w", cmd.Path, errors.Join(err, context.Cause(limited)))
		}
	}
}

// stop ends the process and all that it has started.
func (s *target) stop() {
	group := -s.cmd.Process.Pid
	_ = syscall.Kill(group, syscall.SIGTERM) // an error means that it has ended
	select {
	case <-s.ended:
	case <-time.After(serverStop):
	}
	_ = syscall.Kill(group, syscall.SIGKILL) // what is left of it
	<-s.ended
}

// maxFetched bounds what is read of an answer, bytes.
const maxFetched = 4 << 20

// fetch returns the answer to GET url with the key, which must be a good one.
func fetch(ctx context.Context, url string) ([]byte, error) {
	status, body, err := get(ctx, http.DefaultClient, url)
	if err == nil && status != http.StatusOK {
		err = fmt.Errorf("bench: GET %s: status %d: %s", url, status, body)
	}
	return body, err
}

// get returns the answer to GET url with the key.
func get(ctx context.Context, client *http.Client, url string) (status int, body []byte, err error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, http.NoBody)
	if err != nil {
		return 0, nil, fmt.Errorf("bench: %w", err)
	}
	r.Header.Set("X-API-Key", developmentKey)
	answer, err := client.Do(r)
	if err != nil {
		return 0, nil, fmt.Errorf("bench: %w", err)
	}
	defer answer.Body.Close()
	if body, err = io.ReadAll(io.LimitReader(answer.Body, maxFetched)); err != nil {
		return 0, nil, fmt.Errorf("bench: GET %s: %w", url, err)
	}
	return answer.StatusCode, body, nil
}

// used is what a server and what stands behind it have used of the processors.
type used struct{ own, redis, store time.Duration }

func (s *target) used() (u used, err error) {
	for _, p := range []struct {
		pid  int
		into *time.Duration
	}{{s.cmd.Process.Pid, &u.own}, {s.redisPID, &u.redis}, {s.storePID, &u.store}} {
		if p.pid == 0 {
			continue
		}
		if *p.into, err = telemetry.Family(p.pid); err != nil {
			return u, fmt.Errorf("bench: %w", err)
		}
	}
	return u, nil
}

// warmUp is how long a load is put on a server before it is measured.
const warmUp = 2 * time.Second

// measure puts l on s: once to warm it up, then to see what it takes.
func (b *bench) measure(ctx context.Context, s *target, l load) (f loadFigures, err error) {
	l.server = s.url
	first := l
	first.time = warmUp
	if _, err := b.wrk(ctx, first); err != nil {
		return f, err
	}
	before, err := s.used()
	if err != nil {
		return f, err
	}
	if f, err = b.wrk(ctx, l); err != nil {
		return f, err
	}
	after, err := s.used()
	per := func(from, to time.Duration) float64 { return (to - from).Seconds() / float64(f.Requests) * 100_000 }
	f.CPU, f.RedisCPU, f.StoreCPU = per(before.own, after.own), per(before.redis, after.redis), per(before.store, after.store)
	return f, err
}
