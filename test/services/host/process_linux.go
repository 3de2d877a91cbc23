package host

import "syscall"

// attributes keep the terminal's Ctrl-C from the service, which is stopped after
// the tests, and let it die with the process that started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
