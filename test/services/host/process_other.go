//go:build !linux

package host

import "syscall"

// attributes keep the terminal's Ctrl-C from the service, which is stopped after
// the tests.
func attributes() *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true} }
