// Package datadir is the directory that `--data` names: where the embedded
// profile keeps everything, who is using it, and how other commands find the
// process that does.
//
// The layout is a contract with people and with later versions:
//
//	run.json    the process that uses the directory, while it does
//	kafka/      the embedded broker's log
//	store.db    the live tables (SQLite, with -wal and -shm beside it)
//	lake/       raw and processed Parquet
//	warehouse/  dimensions, facts and marts
//	logs/       log files
//	rules.yaml  business rules, if they differ from the built-in ones
//
// One process owns a directory at a time. The lock is an advisory lock (flock)
// on the directory itself, which the kernel drops when its owner dies, however
// it dies: the lock is the truth, run.json only says more about the owner.
package datadir

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/fault"
)

// Layout is the path of a data directory; its methods name what is inside. It
// needs no lock.
type Layout string

// Kafka is the directory of the embedded broker.
func (l Layout) Kafka() string { return l.join("kafka") }

// Store is the file of the live tables.
func (l Layout) Store() string { return l.join("store.db") }

// Lake is the directory of the data lake.
func (l Layout) Lake() string { return l.join("lake") }

// Warehouse is the directory of the warehouse.
func (l Layout) Warehouse() string { return l.join("warehouse") }

// Logs is the directory of log files.
func (l Layout) Logs() string { return l.join("logs") }

// Rules is the file of the business rules. It need not exist.
func (l Layout) Rules() string { return l.join("rules.yaml") }

func (l Layout) run() string { return l.join("run.json") }

func (l Layout) join(name string) string { return filepath.Join(string(l), name) }

// Dir is a data directory that this process owns until Close.
type Dir struct {
	Layout
	lock  *os.File
	stale *Run
}

// retries and retryPause cover the moment in which an owner gives the directory back.
const (
	retries    = 10
	retryPause = 20 * time.Millisecond
)

// Open makes the directory at path with its folders if needed and takes it for
// this process. Its errors are [fault.Error]: in use (with the owner's pid),
// not writable, full.
func Open(path string) (*Dir, error) {
	l := Layout(path)
	for _, dir := range []string{path, l.Kafka(), l.Lake(), l.Warehouse(), l.Logs()} {
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, explain(path, err)
		}
	}
	lock, err := acquire(path)
	if err != nil {
		return nil, err
	}
	d := &Dir{Layout: l, lock: lock}
	err = d.takeOver()
	if err == nil {
		err = d.probe()
	}
	if err != nil {
		_ = lock.Close()
		return nil, explain(path, err)
	}
	return d, nil
}

func acquire(path string) (*os.File, error) {
	lock, err := os.Open(path)
	if err != nil {
		return nil, explain(path, err)
	}
	for owned := 0; owned < retries; time.Sleep(retryPause) {
		err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
		if !errors.Is(err, unix.EWOULDBLOCK) {
			break
		}
		// Whoever calls [Read] holds a shared lock for a moment, and keeps nobody out.
		if errors.Is(unix.Flock(int(lock.Fd()), unix.LOCK_SH|unix.LOCK_NB), unix.EWOULDBLOCK) {
			owned++
			continue
		}
		_ = unix.Flock(int(lock.Fd()), unix.LOCK_UN)
	}
	if err == nil {
		return lock, nil
	}
	_ = lock.Close()
	if errors.Is(err, unix.EWOULDBLOCK) {
		return nil, inUse(path)
	}
	return nil, explain(path, fmt.Errorf("lock: %w", err))
}

// takeOver remembers and removes what an owner that was killed left: who finds
// run.json and has the lock follows such a one.
func (d *Dir) takeOver() error {
	if run, err := d.readRun(); err == nil {
		d.stale = &run
	}
	if err := os.Remove(d.run()); !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

// probe finds out whether the directory can be written and has space left,
// before anything is started on it.
func (d *Dir) probe() error {
	const enough = 64 << 10 // bytes
	return writeThen(d.join(".probe"), make([]byte, enough), os.Remove)
}

// Stale is what the previous owner left if it was killed: it did not stop
// cleanly, and this process goes on where it was.
func (d *Dir) Stale() (Run, bool) {
	if d.stale == nil {
		return Run{}, false
	}
	return *d.stale, true
}

// Close removes run.json and gives the directory free. It is safe to call twice.
func (d *Dir) Close() error {
	if d.lock == nil {
		return nil
	}
	// In this order: afterwards run.json may be another process's.
	err := os.Remove(d.run())
	if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	err = errors.Join(err, d.lock.Close())
	d.lock = nil
	return err
}

func inUse(path string) error {
	what := fmt.Sprintf("the data directory %s is in use", path)
	fix := "stop the globalmart that uses it, or pass another --data"
	if run, err := Layout(path).readRun(); err == nil {
		what += fmt.Sprintf(" by globalmart %s (pid %d, since %s)", run.Command, run.PID, run.Started.Format(time.DateTime))
		fix = fmt.Sprintf("stop it with Ctrl-C or `kill %d`, or pass another --data", run.PID)
	}
	return fault.New(fault.Failed, what, nil, fix)
}

// explain says what a person can do about err.
func explain(path string, err error) error {
	fix := "pass another --data"
	switch {
	case errors.Is(err, unix.ENOSPC), errors.Is(err, unix.EDQUOT):
		fix = "free some space on that disk, or pass a --data on another one"
	case errors.Is(err, unix.EROFS):
		fix = "the file system is read-only: pass a --data on another one"
	case errors.Is(err, os.ErrPermission):
		fix = fmt.Sprintf("make it writable for this user (uid %d), or pass another --data", os.Getuid())
	case errors.Is(err, unix.ENOTDIR), errors.Is(err, unix.EEXIST):
		fix = "a file is in the way: pass a --data that is a directory or does not exist yet"
	}
	return fault.New(fault.Failed, "cannot use the data directory "+path, err, fix)
}
