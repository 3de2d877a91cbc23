package chaos_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"globalmart/internal/datadir"
	"globalmart/internal/testenv"
	"globalmart/internal/testenv/process"
)

// smallDisk mounts a disk of a few MiB, which takes root.
func smallDisk(t *testing.T, mib int) string {
	t.Helper()
	dir := t.TempDir()
	if err := unix.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm", mib)); err != nil {
		if os.Getenv("GLOBALMART_TEST_REQUIRE") != "" {
			t.Fatalf("cannot mount a small disk, and GLOBALMART_TEST_REQUIRE is set: %v", err)
		}
		t.Skipf("needs the right to mount a small disk: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// full is a platform that has filled its disk.
type full struct {
	*process.Process
	t       *testing.T
	dir     string
	ballast string // file that takes most of the disk
	run     datadir.Run
	shopper *customer
}

// fill starts a platform on a small disk and waits until that is full.
func fill(t *testing.T) *full {
	const size, small = 256, 24 // MiB
	disk := smallDisk(t, size)
	f := &full{t: t, dir: filepath.Join(disk, "data"), ballast: filepath.Join(disk, "ballast")}
	if err := os.WriteFile(f.ballast, make([]byte, (size-small)<<20), 0o600); err != nil {
		t.Fatal(err)
	}
	f.Process = up(t, f.dir, nil, append(badEvents, "--rate", "2000", "--snapshot-every", "500ms", "--kafka-listen", testenv.Address(t))...)
	f.run = ready(f.Process, f.dir)
	f.shopper = newCustomer(t, f.run.Kafka)
	f.Await("no space left on device")
	f.KeepFor(2 * time.Second)
	return f
}

// makeRoom ends the trouble.
func (f *full) makeRoom() {
	if err := os.Remove(f.ballast); err != nil {
		f.T.Fatal(err)
	}
}

// expectNothingLost checks, on a disk with room, that whatever the customer ordered
// is there, and everything else too.
func (f *full) expectNothingLost() {
	f.T.Helper()
	confirmed := f.shopper.acked()
	if f.Process.Over() {
		f.Process = up(f.T, f.dir, nil, "--rate", "0", "--kafka-listen", f.run.Kafka)
		f.run = ready(f.Process, f.dir)
	}
	f.shopper.leave()
	f.shopper.expectAnswered(f.run.API)
	f.shopper.expectLogged(f.run.Kafka)
	f.Stop(syscall.SIGTERM) // the shoppers of one that kept running may not get all confirmed in time
	settle(f.T, f.dir)
	r := verifySettled(f.T, "--data", f.dir)
	f.T.Logf("%d records verified; %d of the customer's %d records were confirmed when there was room again", r.Cut.Records, confirmed, f.shopper.acked())
}

func TestAFullDiskLosesNothing(t *testing.T) {
	long(t)
	t.Parallel()
	for name, meanwhile := range map[string]func(*testing.T, *full){
		"nobody does anything": func(*testing.T, *full) {},
		"the platform is killed and does not start again": func(t *testing.T, f *full) {
			f.Kill()
			again := up(t, f.dir, nil)
			if code := again.Wait(); code != 1 || !strings.Contains(again.Output(), "free some space") || strings.Count(again.Output(), "\n") > 5 {
				t.Errorf("exit code %d, want 1 and one error that says to free some space:\n%s", code, again.Output())
			}
		},
		"the platform is stopped": func(t *testing.T, f *full) {
			said := len(f.Output())
			code, took := f.Stop(syscall.SIGTERM)
			if took > stopLimit { // it tries to save what it has
				t.Errorf("the stop took %s", took)
			}
			lines := strings.Split(strings.TrimSpace(f.Output()[said:]), "\n")
			t.Logf("exit code %d after %s: %s", code, took, lines[len(lines)-1])
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := fill(t)
			meanwhile(t, f)
			f.makeRoom()
			f.expectNothingLost()
		})
	}
}
