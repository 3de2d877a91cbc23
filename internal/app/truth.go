package app

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"globalmart/internal/fault"
	"globalmart/internal/shop"
)

// truthFile is a file of JSON lines, or nothing.
type truthFile struct {
	file *os.File
	out  *bufio.Writer
	enc  *json.Encoder
}

func openTruth(path string) (*truthFile, error) {
	if path == "" {
		return nil, nil
	}
	file, err := os.Create(path)
	if err != nil {
		return nil, truthFault(err)
	}
	out := bufio.NewWriter(file)
	return &truthFile{file, out, json.NewEncoder(out)}, nil
}

func (t *truthFile) add(label *shop.Truth) error {
	if t == nil || label == nil {
		return nil
	}
	if err := t.enc.Encode(label); err != nil {
		return fmt.Errorf("truth file: %w", err)
	}
	return nil
}

func (t *truthFile) close() error {
	if t == nil {
		return nil
	}
	if err := t.out.Flush(); err != nil {
		return fmt.Errorf("truth file: %w", err)
	}
	if err := t.file.Close(); err != nil {
		return fmt.Errorf("truth file: %w", err)
	}
	return nil
}

// checkTruth finds out whether the truth file can be written before anything is
// made, and changes nothing. A file within the data directory may have to wait for
// it, and what is no file, as a pipe, is opened once.
func checkTruth(path, data string) error {
	if within, err := filepath.Rel(data, path); path == "" || err == nil && filepath.IsLocal(within) {
		return nil
	}
	info, missing := os.Stat(path)
	if missing == nil && !info.Mode().IsRegular() && !info.IsDir() {
		return nil
	}
	file, err := os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o666) //nolint:gosec // as os.Create, less what the umask takes
	if err != nil {
		return truthFault(err)
	}
	err = file.Close()
	if errors.Is(missing, fs.ErrNotExist) {
		err = errors.Join(err, os.Remove(path))
	}
	if err != nil {
		return truthFault(err)
	}
	return nil
}

func truthFault(err error) error {
	return fault.New(fault.Failed, "cannot write the truth file", err, "name a file in a folder that is writable with --truth")
}
