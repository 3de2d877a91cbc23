package cli_test

import (
	"context"
	"flag"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"globalmart/internal/cli"
)

var update = flag.Bool("update", false, "rewrite the golden parts of the scripts")

// scriptsAtOnce is how many scripts run beside each other, unless -parallel says
// otherwise: they wait for processes and clocks more than they work.
const scriptsAtOnce = "4"

func TestMain(m *testing.M) {
	if err := flag.Set("test.parallel", scriptsAtOnce); err != nil {
		panic(err)
	}
	testscript.Main(m, map[string]func(){
		"globalmart": func() {
			ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
			code := cli.Run(ctx, os.Args[1:], os.Stdout, os.Stderr, os.Environ())
			stop()
			os.Exit(code)
		},
	})
}

// TestScripts runs the commands as a user does. Besides testscript's own
// commands there are those of script_test.go.
func TestScripts(t *testing.T) {
	docs, err := filepath.Abs("../../docs")
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		UpdateScripts:       *update,
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(env *testscript.Env) error {
			env.Setenv("DOCS", docs)
			env.Setenv("GORACE", os.Getenv("GORACE"))
			for _, pair := range os.Environ() {
				if name, _, _ := strings.Cut(pair, "="); strings.HasPrefix(name, "GLOBALMART_") || name == "LOG_LEVEL" {
					env.Setenv(name, "")
				}
			}
			return nil
		},
		Cmds:      scriptCommands,
		Condition: condition,
	})
}
