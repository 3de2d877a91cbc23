package importer

import (
	"bytes"
	"compress/gzip"
	"io"
	"testing"

	"github.com/ulikunitz/xz"
)

// compressed returns text as a gzip or an xz file.
func compressed(t *testing.T, text []byte, asXZ bool) []byte {
	t.Helper()
	var out bytes.Buffer
	var w io.WriteCloser = gzip.NewWriter(&out)
	if asXZ {
		var err error
		if w, err = xz.NewWriter(&out); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := w.Write(text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

// readText reads a file as an import does, up to a bound.
func readText(b []byte, most int64) ([]byte, error) {
	f, err := openFile(bytes.NewReader(b), nil)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(io.LimitReader(f, most))
}

// FuzzCompressed damages a compressed file in one byte and cuts it off: the import
// reads its text or fails, and never reads another text.
func FuzzCompressed(f *testing.F) {
	f.Add([]byte("a,b\n1,2\n"), true, uint16(0), byte(0), uint16(0))
	f.Add([]byte("a,b\n1,2\n"), false, uint16(0), byte(0), uint16(0))
	f.Add(bytes.Repeat([]byte("a,b\n1,2\n"), 100), true, uint16(30), byte(1), uint16(0))
	f.Add(bytes.Repeat([]byte("a,b\n1,2\n"), 100), false, uint16(12), byte(0x40), uint16(9))
	f.Fuzz(func(t *testing.T, text []byte, asXZ bool, at uint16, flip byte, cut uint16) {
		const header = 6 // by which the kind of file is told
		b := compressed(t, text, asXZ)
		b = b[:len(b)-int(cut)%(len(b)-header)]
		b[header+int(at)%max(1, len(b)-header)%len(b)] ^= flip
		const most = 4 << 20
		got, err := readText(b, most)
		if err == nil && len(got) < most && !bytes.Equal(got, text) { // else the end, which has the sum, is not reached
			t.Errorf("%d bytes of text, %x at %d, %d cut off: read %q", len(text), flip, at, cut, got)
		}
	})
}

// FuzzFile opens any file at all.
func FuzzFile(f *testing.F) {
	for _, s := range []string{"", "a,b\n", "\x1f\x8b", "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff", "\xfd7zXZ\x00", "\xfd7zXZ\x00\x00\x04\xe6\xd6\xb4\x46\x00\x00\x00\x00\x1c\xdf\x44\x21\x1f\xb6\xf3\x7d\x01\x00\x00\x00\x00\x04YZ"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := readText(b, 1<<20)
		plain := !bytes.HasPrefix(b, []byte("\x1f\x8b")) && !bytes.HasPrefix(b, []byte("\xfd7zXZ\x00"))
		if plain && (err != nil || !bytes.Equal(got, b)) {
			t.Errorf("%q is read as %q: %v", b, got, err)
		}
	})
}
