package duckdb

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// spill is the folder of a database for what does not fit in memory. Nobody else may
// read it. Its lock tells that its owner lives: a process that was killed leaves it, and
// the next one removes it.
type spill struct {
	path string
	lock *os.File // nil where there are no locks
}

const spillPrefix = "globalmart-duckdb-"

// unlockedFor is longer than a new folder is without its lock.
const unlockedFor = time.Minute

// newSpill makes a folder in parent, "" being the system's for temporary files, and
// removes those of the dead.
func newSpill(parent string) (*spill, error) {
	if parent == "" {
		parent = os.TempDir()
	}
	sweep(parent)
	path, err := os.MkdirTemp(parent, spillPrefix+"*")
	if err != nil {
		return nil, fmt.Errorf("duckdb: a folder for what does not fit in memory: %w", err)
	}
	lock, _ := lockOf(path) // nil on a file system without locks: there nobody sweeps either
	return &spill{path, lock}, nil
}

// remove removes the folder and what is in it.
func (s *spill) remove() error {
	err := os.RemoveAll(s.path)
	if s.lock != nil {
		err = errors.Join(err, s.lock.Close())
	}
	return err
}

// lockOf takes the lock of a folder, or fails if another process has it.
func lockOf(path string) (*os.File, error) {
	folder, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	if err := unix.Flock(int(folder.Fd()), unix.LOCK_EX|unix.LOCK_NB); err != nil {
		_ = folder.Close()
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return folder, nil
}

// sweep removes the folders whose owner has died. What cannot be removed is left to the
// next one, or to the system.
func sweep(parent string) {
	found, err := filepath.Glob(filepath.Join(parent, spillPrefix+"*"))
	if err != nil {
		return // never: the pattern is a good one
	}
	for _, path := range found {
		about, err := os.Stat(path)
		if err != nil || time.Since(about.ModTime()) < unlockedFor {
			continue
		}
		if lock, err := lockOf(path); err == nil {
			_ = os.RemoveAll(path)
			_ = lock.Close()
		}
	}
}
