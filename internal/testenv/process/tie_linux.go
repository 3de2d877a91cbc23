package process

import (
	"os/exec"
	"syscall"
)

// tie makes the kernel end cmd too if this process is killed.
func tie(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
