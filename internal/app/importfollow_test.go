package app

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"globalmart/internal/fault"
	"globalmart/internal/lake"
)

func TestAnImportSaysWhetherTheLakeHasAllOfIt(t *testing.T) {
	t.Parallel()
	for name, mended := range map[string]bool{"it could be written in the end": true, "it could not": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newTrimRig(t)
			raw := filepath.Join(r.lakeDir(""), lake.SourceRaw)
			if err := os.WriteFile(raw, nil, 0o600); err != nil {
				t.Fatal(err)
			}
			r.send(1000)
			f := r.newLakeFollower()
			stop := r.during(f.run)
			r.eventually("the lake cannot be written", func() bool { return f.writer.counts().Down != "" })
			if mended {
				if err := os.Remove(raw); err != nil {
					t.Fatal(err)
				}
				if err := f.await(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			stop()
			result, err := f.result()
			if !mended {
				if err == nil || !strings.Contains(err.Error(), "not all of it in the lake") || !strings.Contains(fault.FixOf(err), "importing again") {
					t.Errorf("got %+v, error %v", result, err)
				}
				return
			}
			if err != nil || result.Records != r.sent || result.Files == 0 || result.LeftTo != "" {
				t.Errorf("got %+v, error %v, want %d records", result, err, r.sent)
			}
			r.expectLakeWhole()
		})
	}
}
