package app

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"syscall"

	"golang.org/x/sys/unix"

	"globalmart/internal/datadir"
	"globalmart/internal/engine"
	"globalmart/internal/fault"
	"globalmart/internal/store/sqlite"
)

// running is the process that uses the data directory; the zero Run if none
// does, or if there is no such directory.
func running(dir string) (datadir.Run, error) {
	run, err := datadir.Read(dir)
	switch {
	case err == nil:
		return run, nil
	case errors.Is(err, datadir.ErrNotRunning), fault.CodeOf(err) == fault.NotFound:
		return datadir.Run{}, nil
	case fault.FixOf(err) != "":
		return datadir.Run{}, err
	}
	return datadir.Run{}, fault.New(fault.Failed, "a globalmart uses "+dir+", but what it says about itself cannot be read", err,
		"stop that process and start it again: it writes the file anew")
}

// needData fails if src means a data directory that was never used, so that a
// command that only reads makes none.
func needData(src Source) error {
	if src.Kafka != embeddedKafka {
		return nil
	}
	if _, err := os.Stat(datadir.Layout(src.Data).Kafka()); err == nil {
		return nil
	}
	what := "there is no data directory " + src.Data
	if _, err := os.Stat(src.Data); err == nil {
		what = "there is no data in the directory " + src.Data
	}
	return fault.New(fault.NotFound, what, nil, "name the directory of an up or an import with --data")
}

// brokerFault is what a person can do about an embedded broker that does not
// start.
func brokerFault(src Source, err error) error {
	if errors.Is(err, syscall.EADDRINUSE) {
		return listenFault("embedded broker", src.KafkaListen, "--kafka-listen", err)
	}
	return fault.New(fault.Failed, "cannot start the embedded broker", err,
		spaceOr(src.Data, "see that "+datadir.Layout(src.Data).Kafka()+" is readable, writable and undamaged"))
}

// storeFault is what a person can do about live tables that cannot be used for
// what; fix is for errors that do not say it themselves.
func storeFault(what, path string, err error, fix string) error {
	if e, ok := errors.AsType[*sqlite.Error](err); ok {
		what, err, fix = what+" "+path, e.Err, e.Fix
	}
	return fault.New(fault.Failed, what, err, spaceOr(filepath.Dir(path), fix))
}

// prepareFault is storeFault for tables that cannot be made or brought up to date.
func prepareFault(path string, err error) error {
	return storeFault("cannot prepare the live tables", path, err,
		"mend that; if "+path+" is damaged, `globalmart stream rebuild` makes it anew from the lake and the log")
}

// logFault is what a person can do about records that the log of p did not take
// in the time that there was.
func (p *platform) logFault(err error) error {
	if err == nil || p.dir == nil {
		return err
	}
	return fault.New(fault.Failed, "not everything was written to the log; what was acknowledged is kept", err,
		spaceOr(p.src.Data, "see what the broker logged, and start again"))
}

// lowSpace is how little free space counts as none, in bytes.
const lowSpace = 1 << 20

// spaceOr is the advice to free some space if the disk of dir is full, else fix.
func spaceOr(dir, fix string) string {
	var stat unix.Statfs_t
	if err := unix.Statfs(dir, &stat); err == nil && stat.Bavail*uint64(stat.Bsize) < lowSpace {
		return "the disk of " + dir + " is full: free some space and start again"
	}
	return fix
}

// streamFault is what a person can do about a stream worker that cannot go on.
func streamFault(err error) error {
	switch {
	case errors.Is(err, engine.ErrLogRegressed):
		return fault.New(fault.Failed, "the log and the live tables do not belong together", err,
			"bring back the log that they were made from; or move store.db away: the next start makes the tables anew from the log that is there")
	case errors.Is(err, engine.ErrNotReplayable), errors.Is(err, engine.ErrOutOfRange):
		return fault.New(fault.Failed, "the log no longer holds what the live tables need to go on", err,
			"make the tables anew from the lake with `globalmart stream rebuild`, or bring back a store.db or a log from a time when they fitted")
	case errors.Is(err, engine.ErrOtherRules):
		return fault.New(fault.Failed, "the live tables were made under other rules", err,
			"make them anew under the running rules with `globalmart stream rebuild`, or go on with the rules that they were made under")
	}
	return err
}

func listenFault(what, addr, flag string, err error) error {
	fix := "choose another address with " + flag + " 127.0.0.1:PORT (port 0 picks a free one)"
	errno, ok := errors.AsType[syscall.Errno](err)
	if ok {
		err = errno
	}
	if errno == syscall.EADDRINUSE {
		fix = "end what uses the port, or " + fix
	}
	return fault.New(fault.Failed, fmt.Sprintf("cannot listen on %s for the %s", addr, what), err, fix)
}
