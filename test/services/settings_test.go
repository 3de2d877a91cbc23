package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

func TestAShellReadsTheSettings(t *testing.T) {
	path := filepath.Join(t.TempDir(), "new", "services.env")
	f, err := takeSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	const store = `postgres://gm:a'b$c&d@127.0.0.1:1/postgres?sslmode=disable`
	if _, err := f.write([]string{"GLOBALMART_STORE=" + store, "GLOBALMART_KAFKA=127.0.0.1:2"}); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", `. "$0" && sh -c 'printf "%s\n" "$GLOBALMART_STORE" "$GLOBALMART_KAFKA"'`, path).CombinedOutput()
	if want := store + "\n127.0.0.1:2\n"; err != nil || string(out) != want {
		t.Errorf("a shell has %q (%v), want %q", out, err, want)
	}
	if about, err := os.Stat(path); err != nil || about.Mode().Perm() != 0o600 {
		t.Errorf("others may read the passwords: %v, %v", about.Mode(), err)
	}

	second, err := takeSettings(path)
	if err == nil || !strings.Contains(err.Error(), fmt.Sprintf("kill %d", os.Getpid())) {
		t.Errorf("a second one: %v, %v; want an error that says who has it", second, err)
	}
	if err := f.close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("it stays after the services: %v", err)
	}
	again, err := takeSettings(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := again.close(); err != nil {
		t.Error(err)
	}
}
