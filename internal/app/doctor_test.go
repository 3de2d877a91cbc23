package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"globalmart/internal/datadir"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

// found returns the diagnosis of a check.
func (d *doctor) found(t *testing.T, check string) diagnosis {
	t.Helper()
	for _, one := range d.list {
		if one.Check == check {
			return one
		}
	}
	t.Fatalf("%q was not examined: %+v", check, d.list)
	return diagnosis{}
}

func (d *doctor) expect(t *testing.T, check string, s severity, found string) {
	t.Helper()
	one := d.found(t, check)
	if one.Status != s || !strings.Contains(one.Found, found) {
		t.Errorf("%s: %s, %q; want %s, %q", check, one.Status, one.Found, s, found)
	}
	if (one.Status == fine) != (one.Fix == "") {
		t.Errorf("%s: %s, to do: %q", check, one.Status, one.Fix)
	}
}

func doctorOf(dir string) *doctor {
	return &doctor{o: DoctorOptions{Data: dir}, data: datadir.Layout(dir), now: time.Now()}
}

// TestDoctorReadsTheLiveTables sends a record from the future and one that nobody
// can read.
func TestDoctorReadsTheLiveTables(t *testing.T) {
	r := newTrimRig(t)
	producer, err := kafka.NewProducer(r.kafka, kafka.Bulk)
	if err != nil {
		t.Fatal(err)
	}
	defer producer.Close()
	if err := producer.Send(t.Context(), event.TopicTransactions, "k", []byte("{"), event.TimeOf(time.Now().Add(time.Hour))); err != nil {
		t.Fatal(err)
	}
	if err := producer.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	w, stop := r.stream(r.store, snapshotEvery)
	r.applied(w)
	stop()
	d := doctorOf(r.src.Data)
	d.store = r.store
	d.examineClock(t.Context())
	d.expect(t, "clock", wrong, "ahead of the clock")
	d.examineDeadLetters(t.Context())
	d.expect(t, "dead letters", warn, "in the last day: bad_json 1")
	d.examineSnapshots(t.Context())
	d.expect(t, "snapshots", fine, "a start reads 0 records again")
}

func TestDoctorSeesALagThatGrows(t *testing.T) {
	for name, tt := range map[string]struct {
		before, now engine.Status
		status      severity
		found       string
	}{
		"small":            {behind(10), behind(20), fine, "20 records"},
		"large, shrinking": {behind(90_000), behind(80_000), fine, "catching up"},
		"large, growing":   {behind(80_000), behind(90_000), warn, "10,000 more"},
		"the store is away": {
			behind(10),
			engine.Status{StoreError: store.ErrUnavailable, Behind: map[string]int64{event.TopicTransactions: 20}},
			wrong, "takes no commits",
		},
	} {
		t.Run(name, func(t *testing.T) {
			status := tt.before
			addr := metricsOf(t, newWatch(), func() engine.Status { return status })
			d := doctorOf(t.TempDir())
			var err error
			if d.first, err = scrapeMetrics(t.Context(), addr); err != nil {
				t.Fatal(err)
			}
			status = tt.now
			if d.second, err = scrapeMetrics(t.Context(), addr); err != nil {
				t.Fatal(err)
			}
			d.examineLag()
			d.expect(t, "lag", tt.status, tt.found)
			d.examineLake()
			d.expect(t, "lake", fine, "0 records behind")
		})
	}
}

func behind(n int64) engine.Status {
	return engine.Status{Ready: true, Behind: map[string]int64{event.TopicTransactions: n}}
}

func TestDoctorChangesNothing(t *testing.T) {
	dir := t.TempDir()
	d := doctorOf(dir)
	d.o.Listen, d.o.KafkaListen, d.o.OperatorListen = "127.0.0.1:0", "127.0.0.1:0", "127.0.0.1:0"
	d.examine(t.Context())
	d.expect(t, "data directory", fine, dir)
	d.expect(t, "process", fine, "nothing runs")
	d.expect(t, "live tables", fine, "none yet")
	d.found(t, "disk speed")
	if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
		t.Errorf("left %v, %v", left, err)
	}
	missing := doctorOf(filepath.Join(dir, "missing"))
	missing.examine(t.Context())
	missing.expect(t, "data directory", wrong, "there is none")
	if _, err := os.Stat(missing.o.Data); err == nil {
		t.Error("it made the directory")
	}
}

func TestMemoryIsReadFromTheSystem(t *testing.T) {
	file := filepath.Join(t.TempDir(), "meminfo")
	if err := os.WriteFile(file, []byte("MemTotal:       2048 kB\nMemFree:  7 kB\nMemAvailable:   1024 kB\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	total, free, err := machineMemory(file)
	if total != 2<<20 || free != 1<<20 || err != nil {
		t.Errorf("%d, %d, %v", total, free, err)
	}
	if _, _, err := machineMemory("/dev/null"); err == nil {
		t.Error("nothing was read, and it is no error")
	}
}
