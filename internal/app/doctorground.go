package app

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/datadir"
	"globalmart/internal/telemetry"
)

// What a platform needs of the machine.
const (
	// scarceSpace is a day of 500 events a second in log and lake, about; below
	// noSpace the broker stops taking events soon.
	scarceSpace = 4 << 30
	noSpace     = 256 << 20
	// doctorProbes are the durable writes that are measured.
	doctorProbes = 20
	// slowFsync: every commit waits for one durable write, and events wait for the
	// commit before theirs too.
	slowFsync = 25 * time.Millisecond
	// scarceMemory is how much of the machine's memory should be left, of 1.
	scarceMemory = 0.05
)

// examineDirectory reports whether there is a directory to examine.
func (d *doctor) examineDirectory() bool {
	const check = "data directory"
	info, err := os.Stat(d.o.Data)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		d.say(check, wrong, "there is none at "+d.o.Data, "name the directory of an up with --data, or make it: globalmart up --data "+d.o.Data)
		return false
	case err != nil:
		d.failed(check, err, "make it readable for this user")
		return false
	case !info.IsDir():
		d.say(check, wrong, d.o.Data+" is a file", "name a directory with --data")
		return false
	}
	for _, dir := range []string{d.o.Data, d.data.Kafka(), d.data.Logs()} {
		if err := unix.Access(dir, unix.W_OK|unix.X_OK); err != nil && !errors.Is(err, unix.ENOENT) {
			d.failed(check, fmt.Errorf("%s cannot be written: %w", dir, err), fmt.Sprintf("make it writable for this user (uid %d), and its file system too", os.Getuid()))
			return true
		}
	}
	d.ok(check, "%s can be written", d.o.Data)
	return true
}

func (d *doctor) examineSpace() {
	const check = "disk space"
	var stat unix.Statfs_t
	if err := unix.Statfs(d.o.Data, &stat); err != nil {
		d.failed(check, err, "look at the file system of "+d.o.Data)
		return
	}
	free := int64(stat.Bavail) * stat.Bsize
	found, fix := fmt.Sprintf("%.1f GiB free", float64(free)/(1<<30)), "free some space, or move the data directory to a larger disk"
	switch {
	case free < noSpace:
		d.say(check, wrong, found, fix)
	case free < scarceSpace:
		d.say(check, warn, found, fix)
	default:
		d.ok(check, "%s", found)
	}
}

func (d *doctor) examineDisk() {
	const check = "disk speed"
	p50, p99, err := telemetry.FsyncP99(d.o.Data, doctorProbes)
	if err != nil {
		d.failed(check, err, spaceOr(d.o.Data, "make "+d.o.Data+" writable"))
		return
	}
	found := fmt.Sprintf("a durable write takes %s, %s at worst", milliseconds(p50), milliseconds(p99))
	if p99 > slowFsync {
		d.say(check, warn, found, "results are late by that much: use a local SSD, and end what else writes to this disk")
		return
	}
	d.ok(check, "%s", found)
}

func (d *doctor) examineMemory() {
	const check = "memory"
	total, free, err := machineMemory("/proc/meminfo")
	if err != nil {
		d.ok(check, "this system does not say how much is free")
		return
	}
	found := fmt.Sprintf("%d MiB of %d MiB free", free>>20, total>>20)
	if float64(free) < scarceMemory*float64(total) {
		d.say(check, warn, found, "end something else, or give the machine more: a process without memory is killed (it goes on where it was)")
		return
	}
	d.ok(check, "%s", found)
}

// machineMemory reads the memory of the machine, and how much of it is available,
// in bytes, from a file such as /proc/meminfo.
func machineMemory(file string) (total, free int64, err error) {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0, 0, err
	}
	for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
		name, value, _ := strings.Cut(lines.Text(), ":")
		kib, _ := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(value, " kB")), 10, 64)
		switch name {
		case "MemTotal":
			total = kib << 10
		case "MemAvailable":
			free = kib << 10
		}
	}
	if total == 0 {
		return 0, 0, errors.New(file + " does not say it")
	}
	return total, free, nil
}

func (d *doctor) examineRules() {
	const check = "rules"
	r, err := rulesFor(Source{Data: d.o.Data, Kafka: embeddedKafka}, nil)
	if err != nil {
		d.failed(check, err, "correct "+d.data.Rules())
		return
	}
	from := "built in"
	if _, err := os.Stat(d.data.Rules()); err == nil {
		from = d.data.Rules()
	}
	d.ok(check, "version %d, %s", r.Version, from)
}

// examineProcess finds who uses the directory.
func (d *doctor) examineProcess() {
	const check = "process"
	run, err := running(d.o.Data)
	if err != nil {
		d.failed(check, err, "stop the process that uses "+d.o.Data+" and start it again")
		return
	}
	d.run = run
	if run.PID != 0 {
		d.ok(check, "globalmart %s, pid %d, since %s", run.Command, run.PID, run.Started.Local().Format(time.DateTime))
		return
	}
	if left, ok := datadir.Left(d.o.Data); ok {
		d.say(check, warn, "nothing runs; "+left+" was left by a process that did not stop cleanly", "nothing is lost: the next `globalmart up --data "+d.o.Data+"` goes on where it was, and removes the file")
		return
	}
	d.ok(check, "nothing runs")
}

// examinePorts finds out whether `up` could listen.
func (d *doctor) examinePorts(ctx context.Context) {
	for _, port := range []struct{ what, addr, flag string }{
		{"API", d.o.Listen, "--listen"},
		{"embedded broker", d.o.KafkaListen, "--kafka-listen"},
		{"metrics", d.o.OperatorListen, "--operator-listen"},
	} {
		check := "port of the " + port.what
		l, err := listen(ctx, port.what, port.addr, port.flag)
		if err != nil {
			d.failed(check, err, "")
			d.list[len(d.list)-1].Status = warn // another can be chosen
			continue
		}
		_ = l.Close() // nothing was sent over it
		d.ok(check, "%s is free", port.addr)
	}
}
