package fault_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"globalmart/internal/fault"
)

func TestCodeFixAndText(t *testing.T) {
	busy := errors.New("address already in use")
	tests := map[string]struct {
		err  error
		code fault.Code
		fix  string
		text string
	}{
		"a plain error fails without a fix": {busy, fault.Failed, "", "address already in use"},
		"a fault carries all three": {
			fault.New(fault.Usage, "cannot listen on 127.0.0.1:8000", busy, "pass another --listen"),
			fault.Usage, "pass another --listen", "cannot listen on 127.0.0.1:8000: address already in use",
		},
		"a wrapped fault is found": {
			fmt.Errorf("app: start api: %w", fault.New(fault.Unhealthy, "no broker", nil, "start one")),
			fault.Unhealthy, "start one", "app: start api: no broker",
		},
		"the outer code wins and the inner fix is kept": {
			fault.New(fault.Timeout, "not ready", fault.New(fault.Failed, "disk full", nil, "free space"), ""),
			fault.Timeout, "free space", "not ready: disk full",
		},
		"a deadline is a timeout": {fmt.Errorf("wait: %w", context.DeadlineExceeded), fault.Timeout, "", "wait: context deadline exceeded"},
		"a cancelled context is an interruption": {
			fmt.Errorf("wait: %w", context.Canceled), fault.Interrupted, "", "wait: context canceled",
		},
		"usage only says what is wrong": {fault.Usagef("--rate: %q is no number", "x"), fault.Usage, "", `--rate: "x" is no number`},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := fault.CodeOf(tt.err); got != tt.code {
				t.Errorf("CodeOf = %d, want %d", got, tt.code)
			}
			if got := fault.FixOf(tt.err); got != tt.fix {
				t.Errorf("FixOf = %q, want %q", got, tt.fix)
			}
			if got := tt.err.Error(); got != tt.text {
				t.Errorf("Error = %q, want %q", got, tt.text)
			}
		})
	}
	if got := fault.CodeOf(nil); got != fault.OK {
		t.Errorf("CodeOf(nil) = %d, want 0", got)
	}
}
