package telemetry

import (
	"fmt"
	"os"
	"slices"
	"time"
)

// FsyncP99 measures the disk below dir: it appends a block of 4 KiB to a file
// there and flushes it, n times, and returns the median and the 99th percentile
// (the slowest, for n below 100) of one such write. Every durable commit costs at least
// that much, so latencies are read beside it. The file is removed.
func FsyncP99(dir string, n int) (p50, p99 time.Duration, err error) {
	if n < 1 {
		return 0, 0, fmt.Errorf("telemetry: fsync: %d writes, want 1 or more", n)
	}
	f, err := os.CreateTemp(dir, ".fsync-*")
	if err != nil {
		return 0, 0, fmt.Errorf("telemetry: fsync: %w", err)
	}
	defer func() {
		_ = f.Close()
		_ = os.Remove(f.Name())
	}()
	block := make([]byte, 4<<10)
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		if _, err := f.Write(block); err != nil {
			return 0, 0, fmt.Errorf("telemetry: fsync: %w", err)
		}
		if err := f.Sync(); err != nil {
			return 0, 0, fmt.Errorf("telemetry: fsync: %w", err)
		}
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[n/2], took[min(n-1, n*99/100)], nil
}
