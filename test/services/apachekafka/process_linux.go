package apachekafka

import "syscall"

// attributes keep the terminal's Ctrl-C from the broker, which is stopped after
// the tests, and let it die with the process that started it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}
