package datadir

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/fault"
)

// Run describes the process that owns a data directory: the content of run.json.
// Addresses are host:port as actually bound, "" for what it does not serve.
type Run struct {
	PID      int       `json:"pid"`
	Command  string    `json:"command"` // "up", "import", ...
	Version  string    `json:"version"`
	Started  time.Time `json:"started"`
	Kafka    string    `json:"kafka,omitempty"`    // the broker
	API      string    `json:"api,omitempty"`      // API and web UI
	Operator string    `json:"operator,omitempty"` // metrics and profiles
}

// ErrNotRunning reports that no process owns the directory.
var ErrNotRunning = errors.New("no globalmart is running on it")

// Publish writes run.json, whole or not at all. It may be called again as more
// becomes known. PID and Started are set here if they are zero.
func (d *Dir) Publish(run Run) error {
	if d.lock == nil {
		return fmt.Errorf("datadir: publish %s: already closed", d.run())
	}
	if run.PID == 0 {
		run.PID = os.Getpid()
	}
	if run.Started.IsZero() {
		run.Started = time.Now().UTC().Truncate(time.Second)
	}
	data, err := json.MarshalIndent(run, "", "  ")
	if err != nil {
		return fmt.Errorf("datadir: encode run.json: %w", err)
	}
	err = writeThen(d.run()+".tmp", append(data, '\n'), func(written string) error {
		return os.Rename(written, d.run())
	})
	if err != nil {
		return explain(string(d.Layout), err)
	}
	return nil
}

// Read returns the running process that owns the directory at path, for
// commands that want to talk to it. What a killed process left does not count.
//
// The error is [ErrNotRunning], wrapped, if the directory is free; a
// [fault.NotFound] if there is no such directory.
func Read(path string) (Run, error) {
	dir, err := os.Open(path)
	if err != nil {
		return Run{}, fault.New(fault.NotFound, "cannot open the data directory "+path, err,
			"pass the --data of an earlier `globalmart up`")
	}
	defer dir.Close()
	// A shared lock, so that readers do not take each other for an owner. It is
	// dropped when dir closes.
	err = unix.Flock(int(dir.Fd()), unix.LOCK_SH|unix.LOCK_NB)
	switch {
	case err == nil:
		return Run{}, fmt.Errorf("datadir: %s: %w", path, ErrNotRunning)
	case !errors.Is(err, unix.EWOULDBLOCK):
		return Run{}, explain(path, fmt.Errorf("lock: %w", err))
	}
	run, err := Layout(path).readRun()
	if errors.Is(err, os.ErrNotExist) {
		return Run{}, fault.New(fault.Failed, "the globalmart that uses "+path+" is still starting or already stopping",
			nil, "try again in a moment")
	}
	return run, err
}

// Left returns the file in which a process says what it is, if there is one in the
// directory at path. If [Read] says that nothing runs there, one that was killed
// left it.
func Left(path string) (file string, ok bool) {
	file = Layout(path).run()
	_, err := os.Stat(file)
	return file, err == nil
}

func (l Layout) readRun() (Run, error) {
	data, err := os.ReadFile(l.run())
	if err != nil {
		return Run{}, fmt.Errorf("datadir: %w", err)
	}
	var run Run
	if err := json.Unmarshal(data, &run); err != nil {
		return Run{}, fmt.Errorf("datadir: decode %s: %w", filepath.Clean(l.run()), err)
	}
	return run, nil
}

// writeThen writes data to the file called temporary, flushes it and calls then
// with its name. The file is gone afterwards, unless then moved it.
func writeThen(temporary string, data []byte, then func(written string) error) error {
	err := writeSynced(temporary, data)
	if err == nil {
		err = then(temporary)
	}
	if err != nil {
		_ = os.Remove(temporary)
	}
	return err
}

func writeSynced(name string, data []byte) (err error) {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if _, err := f.Write(data); err != nil {
		return err
	}
	return f.Sync()
}
