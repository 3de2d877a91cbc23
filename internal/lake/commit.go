package lake

import (
	"bufio"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// ErrConflict reports that a file is there already: another writer was first.
var ErrConflict = errors.New("another writer has written this file")

const (
	dirMode  = 0o755
	fileMode = 0o644
	outBytes = 64 << 10
)

// temp is a file that is not part of the lake yet. While it is open its owner
// holds a lock on it, so that another process can tell it from what a writer
// that died has left.
type temp struct {
	file *os.File
	out  *bufio.Writer
}

// createTemp creates the temporary file of name in dir, which it makes if needed.
func createTemp(dir, name string) (*temp, error) {
	if err := makeDir(dir); err != nil {
		return nil, err
	}
	for {
		file, err := os.CreateTemp(dir, tempPrefix+name+".*"+tempSuffix)
		if err != nil {
			return nil, fmt.Errorf("lake: create: %w", err)
		}
		t := &temp{file: file, out: bufio.NewWriterSize(file, outBytes)}
		if err := lock(file); err == nil && t.there() {
			if err := file.Chmod(fileMode); err != nil {
				t.drop()
				return nil, fmt.Errorf("lake: create: %w", err)
			}
			return t, nil
		}
		t.drop() // a recovery took it for a dead writer's
	}
}

// there reports whether t still has its name.
func (t *temp) there() bool {
	named, err := os.Stat(t.file.Name())
	if err != nil {
		return false
	}
	open, err := t.file.Stat()
	return err == nil && os.SameFile(named, open)
}

// drop gives t up.
func (t *temp) drop() {
	_ = os.Remove(t.file.Name()) // recovery removes what stays
	_ = t.file.Close()
}

// flush writes what is buffered.
func (t *temp) flush() error {
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("lake: write %s: %w", t.file.Name(), err)
	}
	return nil
}

// sync makes what was written durable.
func (t *temp) sync() error {
	if err := t.flush(); err != nil {
		return err
	}
	if err := t.file.Sync(); err != nil {
		return fmt.Errorf("lake: sync %s: %w", t.file.Name(), err)
	}
	return nil
}

// publish makes t, which is complete, the file name in its folder, unless there
// is one: ErrConflict. It closes t in any case. failpoint is called around the
// link.
func (t *temp) publish(name string, failpoint func(string)) error {
	dir := filepath.Dir(t.file.Name())
	if err := t.sync(); err != nil {
		t.drop()
		return err
	}
	failpoint("lake-before-link")
	final := filepath.Join(dir, name)
	err := os.Link(t.file.Name(), final)
	if err == nil {
		failpoint("lake-after-link")
	}
	t.drop()
	switch {
	case errors.Is(err, fs.ErrExist):
		return fmt.Errorf("lake: %s: %w", final, ErrConflict)
	case err != nil:
		return fmt.Errorf("lake: publish: %w", err)
	}
	return syncDir(dir)
}

// makeDir makes dir and what is above it, durably.
func makeDir(dir string) error {
	if info, err := os.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	parent := filepath.Dir(dir)
	if parent != dir {
		if err := makeDir(parent); err != nil {
			return err
		}
	}
	if err := os.Mkdir(dir, dirMode); err != nil && !errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("lake: make folder: %w", err)
	}
	return syncDir(parent)
}

// syncDir makes the names in dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("lake: sync folder: %w", err)
	}
	defer d.Close()
	if err := d.Sync(); err != nil {
		return fmt.Errorf("lake: sync folder %s: %w", dir, err)
	}
	return nil
}

// lock takes file for this open file, or fails at once.
func lock(file *os.File) error {
	return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB)
}

// removeStale removes the temporary file at path unless its writer is alive, and
// reports whether it did.
func removeStale(path string) (bool, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, fmt.Errorf("lake: remove what a writer left: %w", err)
	}
	defer file.Close()
	if lock(file) != nil {
		return false, nil
	}
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, fmt.Errorf("lake: remove what a writer left: %w", err)
	}
	return true, nil
}
