package importer

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
)

// maxRowBytes bounds a row. A longer one is a quote that was never closed.
const maxRowBytes = 1 << 20

// file reads the text of a file that may be compressed, and hashes the file on
// the way.
type file struct {
	raw      io.Reader
	text     io.Reader
	hash     hash.Hash
	bytes    int64  // of the file as it is
	tail     []byte // its last bytes: at least xzTail of them, if there are so many
	progress func(bytes int64)
	sinceRow int   // bytes of text since nextRow
	err      error // sticky
}

var errRowTooLong = errors.New("a row of over 1 MiB: is there a quote that is never closed?")

// openFile finds out by the first bytes how r is compressed: xz, gzip or not.
func openFile(r io.Reader, progress func(bytes int64)) (*file, error) {
	f := &file{raw: r, hash: sha256.New(), progress: progress}
	buffered := bufio.NewReaderSize(readerFunc(f.readRaw), 64<<10)
	magic, err := buffered.Peek(6)
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("importer: read file: %w", err)
	}
	switch {
	case bytes.Equal(magic, []byte("\xfd7zXZ\x00")):
		f.text, err = openXZ(buffered, f)
	case bytes.HasPrefix(magic, []byte("\x1f\x8b")):
		f.text, err = gzip.NewReader(buffered)
	default:
		f.text, err = buffered, nil
	}
	if err != nil {
		return nil, fmt.Errorf("importer: decompress file: %w", cutOff(err))
	}
	return f, nil
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(b []byte) (int, error) { return f(b) }

func (f *file) readRaw(b []byte) (int, error) {
	n, err := f.raw.Read(b)
	f.hash.Write(b[:n])
	f.bytes += int64(n)
	f.tail = append(f.tail, b[:n]...)
	if over := len(f.tail) - xzTail; over > xzTail {
		f.tail = append(f.tail[:0], f.tail[over:]...)
	}
	if f.progress != nil && n > 0 {
		f.progress(f.bytes)
	}
	return n, err
}

// Read reads text. An error is final.
func (f *file) Read(b []byte) (n int, err error) {
	if f.err == nil && f.sinceRow > maxRowBytes {
		f.err = errRowTooLong
	}
	if f.err != nil {
		return 0, f.err
	}
	n, f.err = f.text.Read(b)
	f.sinceRow += n
	f.err = cutOff(f.err)
	return n, f.err
}

// nextRow says that a row was read whole.
func (f *file) nextRow() { f.sinceRow = 0 }

// sum returns the SHA-256 of the file and its length, after reading what may
// follow the text.
func (f *file) sum() (digest string, length int64, err error) {
	if _, err := io.Copy(io.Discard, readerFunc(f.readRaw)); err != nil {
		return "", 0, fmt.Errorf("importer: read file: %w", err)
	}
	return hex.EncodeToString(f.hash.Sum(nil)), f.bytes, nil
}

// cutOff explains the error of a compressed file that ends too early.
func cutOff(err error) error {
	if errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("the file is cut off: %w", err)
	}
	return err
}
