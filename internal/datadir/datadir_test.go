package datadir_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/datadir"
	"globalmart/internal/fault"
)

// holdEnv makes the test binary a process that owns the directory it names
// until it is killed.
const holdEnv = "DATADIR_TEST_HOLD"

func TestMain(m *testing.M) {
	if path := os.Getenv(holdEnv); path != "" {
		hold(path)
	}
	os.Exit(m.Run())
}

// held keeps the directory from the garbage collector, which would close it.
var held *datadir.Dir

func hold(path string) {
	var err error
	held, err = datadir.Open(path)
	if err == nil {
		err = held.Publish(datadir.Run{Command: "up", Kafka: "127.0.0.1:9"})
	}
	if err != nil {
		os.Stdout.WriteString(err.Error() + "\n")
		os.Exit(1)
	}
	os.Stdout.WriteString("held\n")
	time.Sleep(time.Hour) // not select {}: the runtime takes that for a deadlock and ends the process
}

func open(t *testing.T, path string) *datadir.Dir {
	t.Helper()
	dir, err := datadir.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = dir.Close() })
	return dir
}

func TestOpenMakesTheLayout(t *testing.T) {
	path := filepath.Join(t.TempDir(), "deep", "data")
	dir := open(t, path)
	want := []string{dir.Kafka(), dir.Lake(), dir.Warehouse(), dir.Logs()}
	found, err := filepath.Glob(filepath.Join(path, "*"))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"kafka", "lake", "logs", "warehouse"}, base(found)); diff != "" {
		t.Errorf("after Open (-want +got):\n%s", diff)
	}
	for _, folder := range want {
		if info, err := os.Stat(folder); err != nil || !info.IsDir() {
			t.Errorf("%s: %v", folder, err)
		}
	}
}

func base(paths []string) []string {
	names := make([]string, len(paths))
	for i, p := range paths {
		names[i] = filepath.Base(p)
	}
	return names
}

func TestOthersFindTheOwner(t *testing.T) {
	path := t.TempDir()
	if _, err := datadir.Read(path); !errors.Is(err, datadir.ErrNotRunning) {
		t.Fatalf("a free directory reads as %v", err)
	}
	dir := open(t, path)
	if _, err := datadir.Read(path); fault.CodeOf(err) != fault.Failed || !strings.Contains(err.Error(), "starting") {
		t.Errorf("before Publish it reads as %v", err)
	}
	want := datadir.Run{
		PID: os.Getpid(), Command: "up", Version: "1.2.3", Started: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC),
		Kafka: "127.0.0.1:9092", API: "127.0.0.1:8000", Operator: "127.0.0.1:9464",
	}
	if err := dir.Publish(want); err != nil {
		t.Fatal(err)
	}
	got, err := datadir.Read(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("read back (-want +got):\n%s", diff)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if err := dir.Close(); err != nil {
		t.Errorf("closing twice: %v", err)
	}
	if err := dir.Publish(want); err == nil {
		t.Error("published after Close")
	}
	if _, err := datadir.Read(path); !errors.Is(err, datadir.ErrNotRunning) {
		t.Errorf("after Close it reads as %v", err)
	}
	if _, err := os.Stat(filepath.Join(path, "run.json")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("run.json after Close: %v", err)
	}
}

func TestASecondOwnerIsRefused(t *testing.T) {
	path := t.TempDir()
	dir := open(t, path)
	if _, err := datadir.Open(path); err == nil || !strings.Contains(err.Error(), "is in use") {
		t.Errorf("before Publish: %v", err)
	}
	if err := dir.Publish(datadir.Run{Command: "up"}); err != nil {
		t.Fatal(err)
	}
	_, err := datadir.Open(path)
	pid := strconv.Itoa(os.Getpid())
	if err == nil || !strings.Contains(err.Error(), "globalmart up (pid "+pid) {
		t.Errorf("the owner is not named: %v", err)
	}
	if fix := fault.FixOf(err); !strings.Contains(fix, "kill "+pid) || !strings.Contains(fix, "--data") {
		t.Errorf("fix %q", fix)
	}
	if _, err := datadir.Read(path); err != nil {
		t.Errorf("the refused one disturbed the owner: %v", err)
	}
}

func TestReadersDoNotKeepAnOwnerOut(t *testing.T) {
	path := t.TempDir()
	stop := make(chan struct{})
	reading := make(chan struct{})
	go func() {
		defer close(reading)
		for {
			select {
			case <-stop:
				return
			default:
				_, _ = datadir.Read(path)
			}
		}
	}()
	for range 20 {
		dir, err := datadir.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := dir.Close(); err != nil {
			t.Fatal(err)
		}
	}
	close(stop)
	<-reading
}

func TestAKilledOwnerLeavesTheDirectoryFree(t *testing.T) {
	path := t.TempDir()
	owner := exec.CommandContext(t.Context(), os.Args[0])
	owner.Env = append(os.Environ(), holdEnv+"="+path)
	out, err := owner.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := owner.Start(); err != nil {
		t.Fatal(err)
	}
	if line, err := bufio.NewReader(out).ReadString('\n'); line != "held\n" {
		t.Fatalf("the owner says %q, %v", line, err)
	}
	if run, err := datadir.Read(path); err != nil || run.PID != owner.Process.Pid {
		t.Fatalf("running: %+v, %v", run, err)
	}
	if _, err := datadir.Open(path); err == nil {
		t.Fatal("taken from a living owner")
	}
	if err := owner.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = owner.Wait() // it reports the kill

	if _, err := datadir.Read(path); !errors.Is(err, datadir.ErrNotRunning) {
		t.Errorf("the dead owner reads as %v", err)
	}
	dir := open(t, path)
	if stale, ok := dir.Stale(); !ok || stale.PID != owner.Process.Pid {
		t.Errorf("stale: %+v, %t", stale, ok)
	}
	if err := dir.Close(); err != nil {
		t.Fatal(err)
	}
	if _, ok := open(t, path).Stale(); ok {
		t.Error("a clean stop is taken for a kill")
	}
}

func TestADirectoryThatCannotBeUsed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{file, filepath.Join(file, "below")} {
		_, err := datadir.Open(path)
		if fault.CodeOf(err) != fault.Failed || !strings.Contains(fault.FixOf(err), "a file is in the way") {
			t.Errorf("%s: %v (fix %q)", path, err, fault.FixOf(err))
		}
	}
	if _, err := datadir.Read(filepath.Join(t.TempDir(), "absent")); fault.CodeOf(err) != fault.NotFound {
		t.Errorf("an absent directory: %v", err)
	}
}
