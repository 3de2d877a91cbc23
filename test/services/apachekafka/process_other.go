//go:build !linux

package apachekafka

import "syscall"

// attributes keep the terminal's Ctrl-C from the broker, which is stopped after
// the tests.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
