package datadir

import (
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"globalmart/internal/fault"
)

func TestEveryFailureSaysWhatToDo(t *testing.T) {
	tests := map[string]struct {
		err error
		fix string
	}{
		"a full disk":             {unix.ENOSPC, "free some space"},
		"a quota":                 {unix.EDQUOT, "free some space"},
		"a read-only file system": {unix.EROFS, "read-only"},
		"no permission":           {unix.EACCES, "writable"},
		"a file in the way":       {unix.ENOTDIR, "a file is in the way"},
		"anything else":           {unix.EIO, "another --data"},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			err := explain("D", &os.PathError{Op: "write", Path: "D/run.json", Err: tt.err})
			if !strings.Contains(fault.FixOf(err), tt.fix) {
				t.Errorf("fix %q, want %q in it", fault.FixOf(err), tt.fix)
			}
			if !strings.HasPrefix(err.Error(), "cannot use the data directory D: write D/run.json: ") {
				t.Errorf("text %q", err)
			}
		})
	}
}
