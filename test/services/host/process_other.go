//go:build !linux

package host

import "syscall"

// Attributes keep the terminal's Ctrl-C from the service, which is stopped after
// the tests.
func Attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
