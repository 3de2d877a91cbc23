package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"golang.org/x/sys/unix"
)

// settingsFile is a file that a shell can source for globalmart to use the services. It
// is there while they run, and belongs to one process.
type settingsFile struct {
	path string
	lock *os.File
}

// takeSettings takes the file at path for this process, or fails and says who has it. One
// that a process has left which was killed is removed.
func takeSettings(path string) (*settingsFile, error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o750); err != nil {
		return nil, err
	}
	lock, err := os.OpenFile(path+".lock", os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return nil, err
	}
	err = unix.Flock(int(lock.Fd()), unix.LOCK_EX|unix.LOCK_NB)
	if errors.Is(err, unix.EWOULDBLOCK) {
		owner, _ := io.ReadAll(io.LimitReader(lock, 20)) // says who, no more
		err = fmt.Errorf("they run already, by process %[1]s: `source %[2]s` to use them, Ctrl-C there or `kill %[1]s` ends them", strings.TrimSpace(string(owner)), path)
	}
	if err == nil {
		if err = lock.Truncate(0); err == nil {
			_, err = fmt.Fprintln(lock, os.Getpid())
		}
		if gone := os.Remove(path); !errors.Is(gone, fs.ErrNotExist) {
			err = errors.Join(err, gone)
		}
	}
	if err != nil {
		return nil, errors.Join(err, lock.Close())
	}
	return &settingsFile{path, lock}, nil
}

// write writes settings, NAME=value, for its owner alone: passwords are in them. It
// returns the text.
func (f *settingsFile) write(settings []string) (string, error) {
	var text strings.Builder
	for _, s := range settings {
		name, value, _ := strings.Cut(s, "=")
		fmt.Fprintf(&text, "export %s='%s'\n", name, strings.ReplaceAll(value, "'", `'\''`))
	}
	return text.String(), os.WriteFile(f.path, []byte(text.String()), 0o600)
}

// close removes the file.
func (f *settingsFile) close() error {
	err := os.Remove(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = nil
	}
	return errors.Join(err, f.lock.Close())
}
