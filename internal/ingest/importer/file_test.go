package importer_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/google/go-cmp/cmp"
	"github.com/ulikunitz/xz"

	"globalmart/internal/ingest/importer"
)

// sample returns a file of n orders.
func sample(n int) string {
	var b strings.Builder
	b.WriteString(header)
	for i := range n {
		b.WriteString(strings.Repeat("1", 1+i%30) + ",P,A LAMP,1,2011-01-04T10:00:00Z,1.25,,France\n")
	}
	return b.String()
}

func compress(t testing.TB, text string, open func(io.Writer) (io.WriteCloser, error)) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := open(&b)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func xzOf(t testing.TB, text string) []byte {
	return compress(t, text, func(w io.Writer) (io.WriteCloser, error) { return xz.WriterConfig{BlockSize: 2048}.NewWriter(w) })
}

func gzipOf(t testing.TB, text string) []byte {
	return compress(t, text, func(w io.Writer) (io.WriteCloser, error) { return gzip.NewWriter(w), nil })
}

func read(t testing.TB, r io.Reader) (*importer.Import, error) {
	t.Helper()
	return importer.OnlineRetail(t.Context(), r, importer.Options{Convert: pounds().Convert})
}

func TestCompressedFilesGiveTheSameEvents(t *testing.T) {
	text := sample(500)
	want, err := read(t, strings.NewReader(text))
	if err != nil {
		t.Fatal(err)
	}
	half := strings.Index(text[len(text)/2:], "\n") + len(text)/2 + 1
	for name, file := range map[string][]byte{
		"xz":              xzOf(t, text),
		"gzip":            gzipOf(t, text),
		"a byte order":    []byte("\ufeff" + text),
		"several members": append(gzipOf(t, text[:half]), gzipOf(t, text[half:])...),
		"ends of lines":   []byte(strings.ReplaceAll(text, "\n", "\r\n")),
	} {
		t.Run(name, func(t *testing.T) {
			var progress int64
			got, err := importer.OnlineRetail(t.Context(), iotest.HalfReader(bytes.NewReader(file)),
				importer.Options{Convert: pounds().Convert, Progress: func(n int64) { progress = n }})
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
				t.Error(diff)
			}
			if progress != int64(len(file)) || got.Summary.FileBytes != progress {
				t.Errorf("progress ended at %d, the summary says %d bytes, want %d", progress, got.Summary.FileBytes, len(file))
			}
			if got.Summary.FileSHA256 == want.Summary.FileSHA256 || len(got.Summary.FileSHA256) != 64 {
				t.Errorf("the hash %q is not that of the file as it is", got.Summary.FileSHA256)
			}
		})
	}
}

func TestAFileThatIsCutOffGivesNoImport(t *testing.T) {
	text := sample(100)
	for name, file := range map[string][]byte{"xz": xzOf(t, text), "gzip": gzipOf(t, text)} {
		t.Run(name, func(t *testing.T) {
			for length := 6; length < len(file); length++ {
				_, err := read(t, bytes.NewReader(file[:length]))
				if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), "cut off") {
					t.Errorf("after %d bytes of %d: %v, want one that says that the file is cut off", length, len(file), err)
				}
			}
		})
	}
}

func TestADamagedFileGivesNoImport(t *testing.T) {
	for name, file := range map[string][]byte{"xz": xzOf(t, sample(100)), "gzip": gzipOf(t, sample(100))} {
		t.Run(name, func(t *testing.T) {
			want, err := read(t, bytes.NewReader(file))
			if err != nil {
				t.Fatal(err)
			}
			for i := range file {
				damaged := bytes.Clone(file)
				damaged[i] ^= 0x55
				// Bytes of the container that say nothing of the text may differ.
				if got, err := read(t, bytes.NewReader(damaged)); err == nil {
					if diff := cmp.Diff(lines(want), lines(got)); diff != "" {
						t.Errorf("byte %d is damaged: no error, but %s", i, diff)
					}
				}
			}
		})
	}
}

func TestAnXZFileOfSeveralStreamsIsRefused(t *testing.T) {
	file := xzOf(t, sample(10))
	_, err := read(t, bytes.NewReader(append(file, file...)))
	if err == nil || !strings.Contains(err.Error(), "import it decompressed") {
		t.Errorf("error %v, want one that says what to do", err)
	}
}

func TestFilesThatAreNotTheDataSetAreRefused(t *testing.T) {
	tests := map[string]struct{ text, want string }{
		"an empty file":          {"", "the file is empty"},
		"a header alone":         {header, "no rows"},
		"a missing column":       {strings.Replace(header, "UnitPrice", "Price", 1) + "1\n", `column UnitPrice is missing; found "InvoiceNo, StockCode, Description, Quantity, InvoiceDate, Price, `},
		"several of them":        {"id,InvoiceNo\n1,2\n", "column StockCode, Description, Quantity, InvoiceDate, UnitPrice, CustomerID, Country is missing"},
		"other separators":       {strings.ReplaceAll(header, ",", ";") + "1\n", "column InvoiceNo, StockCode"},
		"no text at all":         {"\x00\x01\xff\xfe\x00\n", "column InvoiceNo, StockCode"},
		"a quote without an end": {header + "1,P,\"" + strings.Repeat("A LAMP,\n", 1<<18), "a row of over 1 MiB"},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			_, err := read(t, strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) || !strings.HasPrefix(err.Error(), "importer: ") {
				t.Errorf("error %v, want one with %q", err, test.want)
			}
		})
	}
}

func TestColumnsMayStandInAnyOrder(t *testing.T) {
	text := "Country,Extra,InvoiceNo,UnitPrice,StockCode,Description,Quantity,CustomerID,InvoiceDate\n" +
		"France,x,1,1.25,P,A LAMP,2,,2011-01-04T10:00:00Z\n"
	im, rejected := load(t, text, pounds())
	if len(rejected) > 0 || im.Summary.RevenueMinor != 250 || im.Summary.Countries["FR"] != 1 {
		t.Errorf("summary %+v, rejected %+v", im.Summary, rejected)
	}
}

func TestErrorsOfTheReaderEndTheImport(t *testing.T) {
	broken := errors.New("disk on fire")
	for name, r := range map[string]io.Reader{
		"at once":       iotest.ErrReader(broken),
		"within a row":  io.MultiReader(strings.NewReader(header+"1,P,A"), iotest.ErrReader(broken)),
		"after a quote": io.MultiReader(strings.NewReader(header+"1,P,A\""), iotest.ErrReader(broken)),
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := read(t, r); !errors.Is(err, broken) {
				t.Errorf("error %v, want %v", err, broken)
			}
		})
	}
}

func TestAnImportEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancelCause(t.Context())
	stop := errors.New("stop")
	cancel(stop)
	_, err := importer.OnlineRetail(ctx, strings.NewReader(sample(10)), importer.Options{Convert: pounds().Convert})
	if !errors.Is(err, stop) {
		t.Errorf("error %v, want %v", err, stop)
	}
}
