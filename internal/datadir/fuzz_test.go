package datadir

import (
	"os"
	"testing"
)

// FuzzRunFile reads what may stand in a run.json: an error, or what can be written
// and read again.
func FuzzRunFile(f *testing.F) {
	for _, s := range []string{
		"", "{}", "null", "[]", `{"pid":1,"command":"up","version":"1","started":"2026-03-02T09:00:00Z","kafka":"127.0.0.1:9092","api":"127.0.0.1:8000"}`,
		`{"pid":-1}`, `{"pid":1e99}`, `{"started":"0000-01-01T00:00:00Z"}`, `{"started":"2026-03-02T09:00:00+24:00"}`, `{"kafka":"\ud800"}`, `{"pid":1}{"pid":2}`,
	} {
		f.Add([]byte(s))
	}
	dir, err := Open(f.TempDir())
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = dir.Close() })
	f.Fuzz(func(t *testing.T, text []byte) {
		if err := os.WriteFile(dir.run(), text, 0o600); err != nil {
			t.Fatal(err)
		}
		run, err := dir.readRun()
		if err != nil || run.PID == 0 || run.Started.IsZero() {
			return
		}
		if err := dir.Publish(run); err != nil {
			t.Fatalf("%q is read as %+v, which cannot be written: %v", text, run, err)
		}
		again, err := dir.readRun()
		if err != nil || !again.Started.Equal(run.Started) {
			t.Fatalf("%q is read as %+v and then as %+v: %v", text, run, again, err)
		}
		if again.Started = run.Started; again != run {
			t.Fatalf("%q is read as %+v and then as %+v", text, run, again)
		}
	})
}
