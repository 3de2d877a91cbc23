// Package host is what services that tests run on need of the machine: directories
// of their own, free ports, certificates, and processes that do not outlive the
// one that started them.
package host

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"

	"golang.org/x/sys/unix"
)

// NewDir makes a directory in parent whose name is prefix and this process's id, and
// removes those of the same prefix whose process is gone without having done so.
func NewDir(parent, prefix string) (string, error) {
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	parent, err := filepath.Abs(parent)
	if err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	entries, err := os.ReadDir(parent)
	if err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	for _, entry := range entries {
		rest, ours := bytes.CutPrefix([]byte(entry.Name()), []byte(prefix))
		owner, _, _ := bytes.Cut(rest, []byte("-"))
		if pid, err := strconv.Atoi(string(owner)); ours && err == nil && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
			_ = os.RemoveAll(filepath.Join(parent, entry.Name())) // nobody misses it; the next one tries again
		}
	}
	dir, err := os.MkdirTemp(parent, prefix+strconv.Itoa(os.Getpid())+"-")
	if err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	return dir, nil
}

// FreePorts returns n addresses with different ports that nobody uses. They are below
// those that the system hands out to whoever asks for any, and to clients: so nobody
// takes one before the service listens, or while it restarts.
func FreePorts(ctx context.Context, n int) ([]string, error) {
	addrs := make([]string, n)
	for i := range addrs {
		l, err := freePort(ctx)
		if err != nil {
			return nil, fmt.Errorf("find a free port: %w", err)
		}
		defer l.Close() // all are held until all are known
		addrs[i] = l.Addr().String()
	}
	return addrs, nil
}

// lowestPort is the lowest port that FreePorts picks: below it are those of services
// that people know.
const lowestPort = 10_000

// freePort listens on a free port.
func freePort(ctx context.Context) (l net.Listener, err error) {
	var lc net.ListenConfig
	for range 100 {
		port := 0 // any, where the system hands out all of them
		if limit := handedOut(); limit > lowestPort {
			port = lowestPort + rand.IntN(limit-lowestPort)
		}
		l, err = lc.Listen(ctx, "tcp", net.JoinHostPort("127.0.0.1", strconv.Itoa(port)))
		if !errors.Is(err, syscall.EADDRINUSE) {
			break
		}
	}
	return l, err
}

// handedOut is the lowest port that the system hands out by itself.
func handedOut() int {
	const usual = 32768
	text, err := os.ReadFile("/proc/sys/net/ipv4/ip_local_port_range")
	if err != nil {
		return usual
	}
	var low int
	if _, err := fmt.Sscan(string(text), &low); err != nil {
		return usual
	}
	return low
}

// Cached makes sure that dir holds what get puts there, and returns its absolute
// path. It is there if its file named marker says want; get is given a directory
// that takes dir's place when it has succeeded and marker is written. Processes
// wait for each other.
func Cached(dir, marker string, want []byte, get func(work string) error) (string, error) {
	if same(filepath.Join(dir, marker), want) {
		return filepath.Abs(dir)
	}
	parent := filepath.Dir(dir)
	if err := os.MkdirAll(parent, 0o750); err != nil {
		return "", fmt.Errorf("make cache: %w", err)
	}
	unlock, err := lock(filepath.Join(parent, "lock"))
	if err != nil {
		return "", err
	}
	defer unlock()
	if same(filepath.Join(dir, marker), want) { // by another process meanwhile
		return filepath.Abs(dir)
	}
	work, err := os.MkdirTemp(parent, "fetch-")
	if err != nil {
		return "", fmt.Errorf("make directory: %w", err)
	}
	defer os.RemoveAll(work)
	if err := get(work); err != nil {
		return "", err
	}
	if err := os.WriteFile(filepath.Join(work, marker), want, 0o600); err != nil {
		return "", fmt.Errorf("fill cache: %w", err)
	}
	if err := errors.Join(os.RemoveAll(dir), os.Rename(work, dir)); err != nil {
		return "", fmt.Errorf("fill cache: %w", err)
	}
	return filepath.Abs(dir)
}

func same(file string, want []byte) bool {
	have, err := os.ReadFile(file)
	return err == nil && bytes.Equal(have, want)
}

// lock waits for the lock on path; closing or dying gives it back.
func lock(path string) (unlock func(), err error) {
	file, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	if err := unix.Flock(int(file.Fd()), unix.LOCK_EX); err != nil {
		_ = file.Close()
		return nil, fmt.Errorf("lock cache: %w", err)
	}
	return func() { _ = file.Close() }, nil
}
