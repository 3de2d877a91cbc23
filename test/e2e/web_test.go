package e2e_test

import (
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"globalmart/internal/testenv"
)

// browsing is how long all tests in the browser may take, far longer than they do.
const browsing = 15 * time.Minute

// TestTheWebInterface has a browser use the pages of a running platform: what it does
// is in web/e2e. The tests there may have the platform killed, and started again.
func TestTheWebInterface(t *testing.T) {
	if testing.Short() {
		t.Skip("a minute or more")
	}
	web := filepath.Join("..", "..", "web")
	for what, fix := range map[string]string{
		filepath.Join(web, "dist", "index.html"):     "make web", // which the program embeds
		filepath.Join(web, "node_modules", "vitest"): "make web",
		"/usr/bin/chromium":                          "make setup",
	} {
		if _, err := os.Stat(what); err != nil {
			testenv.Missing(t, what, fix)
		}
	}
	// Not in parallel: pages have to come within some seconds.
	address, dir := testenv.Address(t), filepath.Join(t.TempDir(), "data")
	platform := startPlatform(t, dir, address)
	awaitBatch(t, address)

	orders := make(chan order)
	desk := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		o := order{r.URL.Path, make(chan struct{})}
		select {
		case orders <- o:
		case <-r.Context().Done():
			return
		}
		select {
		case <-o.done:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(desk.Close) // after the context of the test, so that nobody waits there any more
	said := make(chan error, 1)
	go func() {
		said <- browse(t.Context(), web, "GLOBALMART_URL=http://"+address, "GLOBALMART_DESK="+desk.URL)
	}()
	for {
		select {
		case o := <-orders:
			switch o.what {
			case "/kill":
				platform.Kill()
			case "/start":
				platform = startPlatform(t, dir, address)
			default:
				t.Errorf("the browser's tests order %s; there are /kill and /start", o.what)
			}
			close(o.done)
		case err := <-said:
			if err != nil {
				t.Errorf("npm run e2e: %v", err)
			}
			return
		}
	}
}

// order is what the tests in the browser want done with the platform.
type order struct {
	what string
	done chan struct{} // closed when it is
}

// browse runs the tests in the browser, which say what they do.
func browse(ctx context.Context, web string, env ...string) error {
	ctx, cancel := context.WithTimeout(ctx, browsing)
	defer cancel()
	cmd := exec.CommandContext(ctx, "npm", "run", "--silent", "e2e")
	cmd.Dir, cmd.Env = web, append(os.Environ(), env...)
	out := struct{ io.Writer }{os.Stdout} // not the file itself: nobody else may hold it open
	cmd.Stdout, cmd.Stderr = out, out
	// npm has a shell and node below it: they are ended together, and the browser ends with node.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = 10 * time.Second
	return cmd.Run()
}
