package embedded_test

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/testenv/process"
)

// smallDisk mounts a disk of the given size, which takes root.
func smallDisk(t *testing.T, bytes int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%d", bytes)); err != nil {
		t.Skipf("needs the right to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

func TestNothingIsLostWhenTheDiskIsFullForAWhile(t *testing.T) {
	dir := smallDisk(t, 6<<20)
	b := start(t, options(filepath.Join(dir, "kafka"), "127.0.0.1:0"))
	createTopics(t, configOf(b.Addr()))
	ballast := filepath.Join(dir, "ballast")
	if err := os.WriteFile(ballast, make([]byte, 4<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	p := newProducer(t, configOf(b.Addr()))
	const n, size = 3000, 1000 // more than is free beside the ballast
	for i := range n {
		value := fmt.Appendf(make([]byte, 0, size), "%d ", i)
		if err := p.Send(t.Context(), event.TopicTransactions, fmt.Sprint(i), value[:size], 0); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), process.Patience)
	defer cancel()
	for p.Counts()[event.TopicTransactions].Retried == 0 {
		select {
		case <-ctx.Done():
			t.Fatalf("the disk is not full: %+v", p.Counts())
		case <-time.After(10 * time.Millisecond):
		}
	}
	if err := os.Remove(ballast); err != nil {
		t.Fatal(err)
	}
	flush(t, p)
	times := values(t, configOf(b.Addr()))
	for i := range n {
		value := fmt.Appendf(make([]byte, 0, size), "%d ", i)
		if times[string(value[:size])] == 0 { // twice is possible, see kafka.Producer
			t.Errorf("record %d of %d is not in the log", i, n)
		}
	}
	want := kafka.Counts{Produced: n, Acked: n}
	got := p.Counts()[event.TopicTransactions]
	if got.Retried = 0; got != want {
		t.Errorf("counts: %+v, want %+v", got, want)
	}
}
