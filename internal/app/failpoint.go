package app

import (
	"os"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

// takesEffect is ample time for a signal to reach every thread of the process.
const takesEffect = 200 * time.Millisecond

// failpoint returns the hook of GLOBALMART_FAILPOINT=NAME:N for fault tests: the
// process kills itself the way `kill -9` does when it passes the named point for
// the Nth time. With NAME:N:stop it freezes there instead, until SIGCONT. Without
// the variable it returns nil.
func failpoint(getenv func(string) string) func(string) {
	name, rest, ok := strings.Cut(getenv("GLOBALMART_FAILPOINT"), ":")
	count, action, _ := strings.Cut(rest, ":")
	n, err := strconv.ParseInt(count, 10, 64)
	if !ok || err != nil {
		return nil
	}
	fault := syscall.SIGKILL
	if action == "stop" {
		fault = syscall.SIGSTOP
	}
	var passed atomic.Int64
	return func(point string) {
		if point == name && passed.Add(1) == n {
			_ = syscall.Kill(os.Getpid(), fault)
			// Another thread may take the signal: nothing must go on here before all
			// are stopped.
			time.Sleep(takesEffect)
		}
	}
}
