package telemetry

import (
	"bytes"
	"cmp"
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
	p, err := memory(strconv.Itoa(pid))
	if err != nil {
		return Process{}, err
	}
	s, err := statOf(pid)
	p.CPU = s.own
	return p, err
}

// Family returns the CPU of the process pid and of every process that it started
// and that they started, those included that have ended and been waited for: a
// server that has a process for each connection. It needs Linux's /proc.
func Family(pid int) (time.Duration, error) {
	members, err := family(pid)
	var sum time.Duration
	for _, s := range members {
		sum += s.own + s.ended
	}
	return sum, err
}

// FamilyPeak returns the highest memory so far of the process pid and of every process
// that it started and that they started, in bytes, added up: of those that have not
// ended. Where the system does not say, it is what they have now. It needs Linux's /proc.
func FamilyPeak(pid int) (int64, error) {
	members, err := family(pid)
	if err != nil {
		return 0, err
	}
	var sum int64
	for id := range members {
		if p, err := memory(strconv.Itoa(id)); err == nil { // it may have ended meanwhile
			sum += cmp.Or(p.PeakRSS, p.RSS)
		}
	}
	return sum, nil
}

// family returns the process pid and all that it started, by their ids.
func family(pid int) (map[int]stat, error) {
	entries, err := os.ReadDir("/proc")
	if err != nil {
		return nil, fmt.Errorf("telemetry: processes: %w", err)
	}
	all := map[int]stat{}
	for _, e := range entries {
		if id, err := strconv.Atoi(e.Name()); err == nil {
			if s, err := statOf(id); err == nil { // one that ended meanwhile has none
				all[id] = s
			}
		}
	}
	root, there := all[pid]
	if !there {
		return nil, fmt.Errorf("telemetry: there is no process %d", pid)
	}
	members := map[int]stat{pid: root}
	for id, s := range all {
		for up := s.parent; id != pid && up > 0; up = all[up].parent {
			if up == pid {
				members[id] = s
				break
			}
		}
	}
	return members, nil
}

// stat is what /proc/PID/stat says of a process.
type stat struct {
	parent int
	own    time.Duration // CPU
	ended  time.Duration // CPU of children that ended and were waited for
}

func statOf(pid int) (stat, error) {
	text, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	if err != nil {
		return stat{}, fmt.Errorf("telemetry: process %d: %w", pid, err)
	}
	// The second field is the name in parentheses and may hold anything; the
	// fields after it start with the third, so ppid (4) is 1 here, and utime (14)
	// to cstime (17) are 11 to 14. See proc(5).
	fields := bytes.Fields(text[bytes.LastIndexByte(text, ')')+1:])
	if len(fields) < 15 {
		return stat{}, fmt.Errorf("telemetry: process %d: %d fields in stat, want 15 or more", pid, len(fields))
	}
	var n [5]int64
	for i, at := range []int{1, 11, 12, 13, 14} {
		if n[i], err = strconv.ParseInt(string(fields[at]), 10, 64); err != nil {
			return stat{}, fmt.Errorf("telemetry: process %d: stat: %w", pid, err)
		}
	}
	return stat{parent: int(n[0]), own: time.Duration(n[1]+n[2]) * time.Second / ticks, ended: time.Duration(n[3]+n[4]) * time.Second / ticks}, nil
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
