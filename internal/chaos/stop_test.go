package chaos_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"globalmart/internal/testenv/process"
)

// stopLimit is how long a stop may take on a busy machine: a few seconds otherwise.
const stopLimit = time.Minute

// expectStopped checks what a platform leaves that stopped as it should.
func expectStopped(t *testing.T, p *process.Process, dir string, code int, took time.Duration) {
	t.Helper()
	if code != 0 || took > stopLimit {
		t.Errorf("exit code %d after %s, want 0 within %s:\n%s", code, took, stopLimit, p.Output())
	}
	if _, err := os.Stat(filepath.Join(dir, "run.json")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("run.json is still there: %v", err)
	}
}

func TestASignalStopsThePlatformCleanlyAndItGoesOnWhereItWas(t *testing.T) {
	long(t)
	dir := newDir(t)
	var before sales
	var records int64
	for name, signal := range stopSignals {
		p := up(t, dir, nil, append(badEvents, "--rate", "500")...)
		api := ready(p, dir).API
		if got := ask(t, api, ""); got.Orders < before.Orders || got.Revenue < before.Revenue {
			t.Errorf("%s: the API shows %+v, before the stop it was %+v", name, got, before)
		}
		p.KeepFor(time.Second)
		awaitSales(p, api)
		before = ask(t, api, "")
		code, took := p.Stop(signal)
		expectStopped(t, p, dir, code, took)
		settle(t, dir)
		r := verifySettled(t, "--data", dir)
		if r.Cut.Records <= records {
			t.Errorf("%s: %d records after %d", name, r.Cut.Records, records)
		}
		records = r.Cut.Records
		t.Logf("%s: stopped in %s, %d records", name, took, records)
	}
}

func TestASignalDuringTheStartStopsIt(t *testing.T) {
	long(t)
	chance, dir := newChance(t), newDir(t)
	for range 3 {
		p := up(t, dir, nil)
		p.KeepFor(between(chance, 50*time.Millisecond, starting))
		code, took := p.Stop(stopSignals["interrupt"])
		const bySignal = -1 // its main function had not begun
		if took > stopLimit || code != 0 && code != 130 && (code != bySignal || p.Output() != "") {
			t.Errorf("exit code %d after %s, want 0 or 130 within %s:\n%s", code, took, stopLimit, p.Output())
		}
	}
	settle(t, dir)
}

func TestUpForATimeEndsByItself(t *testing.T) {
	long(t)
	dir := newDir(t)
	p := up(t, dir, nil, "--for", "3s")
	ready(p, dir)
	began := time.Now() // the time counts from then on
	code := p.Wait()
	expectStopped(t, p, dir, code, time.Since(began)-3*time.Second)
	settle(t, dir)
	verifySettled(t, "--data", dir)
}

func TestASecondUpOnALiveDirectoryIsRefused(t *testing.T) {
	long(t)
	dir := newDir(t)
	p := up(t, dir, nil)
	api := ready(p, dir).API
	second := up(t, dir, nil)
	code, pid := second.Wait(), strconv.Itoa(p.PID())
	if said := second.Output(); code != 1 || !strings.Contains(said, pid) || !strings.Contains(said, dir) || strings.Count(said, "\n") > 2 {
		t.Errorf("exit code %d, want 1 and one error that names process %s and %s:\n%s", code, pid, dir, said)
	}
	awaitSales(p, api)
	p.StopCleanly()
	settle(t, dir)
	verifySettled(t, "--data", dir)
}

func TestVerifyIsCleanBesideARunningPlatform(t *testing.T) {
	long(t)
	dir := newDir(t)
	p := up(t, dir, nil, "--rate", "0", "--snapshot-every", "500ms")
	run := ready(p, dir)
	shoppers := startGenerate(t, run.Kafka, 0)
	awaitSales(p, run.API)
	var last int64
	for range 4 {
		p.KeepFor(300 * time.Millisecond)
		var now int64
		process.Eventually(t, "the platform goes on", func() bool {
			now = verifyClean(t, "--data", dir).Cut.Records
			return now > last
		})
		last = now
	}
	shoppers.Stop(stopSignals["terminate"]) // not all may be confirmed in time
	p.StopCleanly()
	settle(t, dir)
	verifySettled(t, "--data", dir)
}
