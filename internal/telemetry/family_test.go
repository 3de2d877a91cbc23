package telemetry_test

import (
	"os"
	"os/exec"
	"testing"
	"time"

	"globalmart/internal/telemetry"
)

func TestAFamilyIsAProcessWithAllThatItStarted(t *testing.T) {
	if _, err := os.Stat("/proc/self/stat"); err != nil {
		t.Skip("needs Linux's /proc")
	}
	// The shell itself does next to nothing: its child works.
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `exec 3<&0; (i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; echo done; read line <&3) & wait`)
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	}()
	if _, err := out.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	own, err := telemetry.Of(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	family, err := telemetry.Family(cmd.Process.Pid)
	if err != nil {
		t.Fatal(err)
	}
	if family-own.CPU < 50*time.Millisecond {
		t.Errorf("the family has used %s, its first process %s", family, own.CPU)
	}
	peak, err := telemetry.FamilyPeak(cmd.Process.Pid)
	if alone := max(own.PeakRSS, own.RSS); err != nil || peak <= alone {
		t.Errorf("the family has had %d bytes, its first process %d: %v", peak, alone, err)
	}
	for name, ask := range map[string]func(int) error{
		"CPU":    func(pid int) error { _, err := telemetry.Family(pid); return err },
		"memory": func(pid int) error { _, err := telemetry.FamilyPeak(pid); return err },
	} {
		if ask(1<<30) == nil {
			t.Errorf("a process that is not there has %s", name)
		}
	}
}
