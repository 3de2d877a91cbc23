package telemetry

import (
	"bytes"
	"fmt"
	"os"
	"strconv"
	"time"

	"golang.org/x/sys/unix"
)

// Process is what a process has used so far.
type Process struct {
	RSS     int64         `json:"rss_bytes"`      // resident now; 0 where the system does not say
	PeakRSS int64         `json:"peak_rss_bytes"` // highest resident so far; 0 where the system does not say
	CPU     time.Duration `json:"-"`              // user and system
}

// Self returns the figures of this process. CPU is exact to a microsecond.
func Self() (Process, error) {
	var usage unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &usage); err != nil {
		return Process{}, fmt.Errorf("telemetry: getrusage: %w", err)
	}
	p, err := memory("self")
	if err != nil {
		// No /proc, as on a Mac: the CPU is still known.
		p = Process{}
	}
	p.CPU = time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
	return p, nil
}

// ticks per second of /proc/PID/stat: USER_HZ, 100 on every Linux that Go runs on.
const ticks = 100

// Of returns the figures of the process pid. CPU is exact to 10 ms. It needs
// Linux's /proc.
func Of(pid int) (Process, error) {
	id := strconv.Itoa(pid)
	p, err := memory(id)
	if err != nil {
		return Process{}, err
	}
	stat, err := os.ReadFile("/proc/" + id + "/stat")
	if err != nil {
		return Process{}, fmt.Errorf("telemetry: process %d: %w", pid, err)
	}
	// The second field is the name in parentheses and may hold anything; the
	// fields after it start with the third, so utime (14) and stime (15) are 11
	// and 12 here. See proc(5).
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	if len(fields) < 13 {
		return Process{}, fmt.Errorf("telemetry: process %d: %d fields in stat, want 13 or more", pid, len(fields))
	}
	var sum int64
	for _, field := range fields[11:13] {
		n, err := strconv.ParseInt(string(field), 10, 64)
		if err != nil {
			return Process{}, fmt.Errorf("telemetry: process %d: stat: %w", pid, err)
		}
		sum += n
	}
	p.CPU = time.Duration(sum) * time.Second / ticks
	return p, nil
}

func memory(id string) (Process, error) {
	status, err := os.ReadFile("/proc/" + id + "/status")
	if err != nil {
		return Process{}, fmt.Errorf("telemetry: process %s: %w", id, err)
	}
	var p Process
	for line := range bytes.Lines(status) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		var into *int64
		switch string(name) {
		case "VmRSS":
			into = &p.RSS
		case "VmHWM":
			into = &p.PeakRSS
		default:
			continue
		}
		kib, err := strconv.ParseInt(string(bytes.TrimSuffix(bytes.TrimSpace(value), []byte(" kB"))), 10, 64)
		if err != nil {
			return Process{}, fmt.Errorf("telemetry: process %s: %s: %w", id, name, err)
		}
		*into = kib << 10
	}
	return p, nil
}
