// Package cli is the command line: one file per subcommand, each a struct of
// flags with their help and a Run that calls one function of package app.
//
// Data goes to stdout, everything else to stderr. Exit codes are those of
// package fault. A setting is taken from its flag, else from the environment
// variable GLOBALMART_NAME, else from the YAML file of --config, else from its
// default; unknown flags, unknown keys of the file and values that do not parse
// end with exit code 2 before anything is started.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"

	"github.com/alecthomas/kong"

	"globalmart/internal/app"
	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/telemetry"
)

// version is set by the build (-ldflags -X).
var version = "dev"

const description = `GlobalMart: real-time e-commerce analytics in one process, or on a cluster.

Settings: a flag, else GLOBALMART_<FLAG> in the environment, else the YAML file of --config, else the default.
"globalmart config" shows what is in force and where it came from.

Exit codes: 0 done, 1 failed, 2 wrong usage or configuration, 3 not found, 4 unhealthy, 5 timed out, 130 interrupted.`

// globals are the flags of every command.
type globals struct {
	Config     string         `short:"c" placeholder:"FILE" help:"YAML file of settings, one \"flag: value\" a line."`
	LogLevel   string         `default:"info" placeholder:"LEVEL" help:"debug, info, warn or error (LOG_LEVEL works too)."`
	Production bool           `help:"Start no stream, lake, API or collector on a Kafka cluster that may lose records, make no topics there, and take no development key, wherever it comes from."`
	Output     console.Format `short:"o" default:"table" enum:"table,json" placeholder:"FORMAT" help:"Form of the results: table or json."`
}

// commands is the whole command line.
type commands struct {
	globals

	Up       Up       `cmd:"" help:"Run everything in one process: shoppers, broker, stream engine, store, API."`
	Generate Generate `cmd:"" help:"Send the events of simulated shoppers to Kafka."`
	Backfill Backfill `cmd:"" help:"Write the past of the simulated shop straight to the lake."`
	Import   Import   `cmd:"" help:"Send real data through Kafka and the stream engine, or straight to the lake."`
	Stream   Stream   `cmd:"" help:"Run the stream engine."`
	Batch    Batch    `cmd:"" help:"Turn the lake into the warehouse: facts, segments, products, trends, cohorts."`
	Schedule Schedule `cmd:"" help:"Run the batch jobs when they are due."`
	Lake     Lake     `cmd:"" help:"Write every event of the log to Parquet files that any tool can read."`
	Collect  Collect  `cmd:"" help:"Take the events that shops send with Segment's SDKs."`
	API      API      `cmd:"" name:"api" help:"Serve the API."`
	Broker   Broker   `cmd:"" help:"Run the embedded Kafka broker alone."`
	Topics   Topics   `cmd:"" help:"Create or list the topics."`
	Migrate  Migrate  `cmd:"" help:"Bring the schema of the store up to date."`
	Keys     Keys     `cmd:"" help:"Make, list, rotate and revoke the keys of the API."`
	Health   Health   `cmd:"" help:"Check every component; exits with 4 if one is unhealthy."`
	Doctor   Doctor   `cmd:"" help:"Look for what is wrong and say how to mend it; exits with 1 if something is."`
	Top      Top      `cmd:"" help:"Watch a running process: rates, lag, latency, orders, stock, memory."`
	Alerts   Alerts   `cmd:"" help:"List what calls for attention, or test who is told of it."`
	Verify   Verify   `cmd:"" help:"Reconcile log, store, lake, warehouse and API; exits with 1 and the difference if they disagree."`
	Bench    Bench    `cmd:"" help:"Measure, on this machine."`

	ConfigCmd  Config  `cmd:"" name:"config" help:"Show the effective settings and where each came from."`
	VersionCmd Version `cmd:"" name:"version" help:"Show the version."`
}

// invocation is what a command's Run is given.
type invocation struct {
	console    *console.Console
	settings   *settings
	model      *kong.Application
	getenv     func(string) string
	production bool
}

// env is what the wiring is given of the world.
func (in *invocation) env() app.Env {
	return app.Env{Console: in.console, Version: version, Getenv: in.getenv, Production: in.production}
}

// Run runs the command that args name and returns the process's exit code.
// environ holds NAME=value pairs, as os.Environ does.
func Run(ctx context.Context, args []string, stdout, stderr io.Writer, environ []string) int {
	err := run(ctx, args, stdout, stderr, environ)
	if err == nil {
		return int(fault.OK)
	}
	code, text, fix := fault.CodeOf(err), err.Error(), fault.FixOf(err)
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		if code != fault.Interrupted {
			fix = "" // for what looked like another trouble
		}
		code, text = fault.Interrupted, "interrupted"
	}
	// There is nobody left to tell if stderr is gone.
	_, _ = fmt.Fprintf(stderr, "globalmart: %s\n", text)
	if fix != "" {
		_, _ = fmt.Fprintf(stderr, "Try: %s\n", fix)
	}
	return int(code)
}

func run(ctx context.Context, args []string, stdout, stderr io.Writer, environ []string) error {
	var grammar commands
	settings := newSettings(environ)
	helped := false
	parser, err := kong.New(
		&grammar,
		kong.Name("globalmart"),
		kong.Description(description),
		kong.Writers(stdout, stderr),
		kong.Exit(func(int) { helped = true }),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
		kong.Resolvers(settings),
		kong.WithBeforeResolve(settings.load),
	)
	if err != nil {
		return fmt.Errorf("cli: grammar: %w", err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	selected, err := parser.Parse(args)
	if helped {
		// Kong has printed the help and then gone on to miss a command.
		return nil
	}
	if err != nil {
		return usage(err, settings)
	}
	level, err := telemetry.ParseLevel(grammar.LogLevel)
	if err != nil {
		return usage(fmt.Errorf("--log-level: %w", err), settings)
	}
	in := &invocation{
		console:    console.New(stdout, stderr, grammar.Output, level, settings.getenv),
		settings:   settings,
		model:      parser.Model,
		getenv:     settings.getenv,
		production: grammar.Production,
	}
	selected.BindTo(ctx, (*context.Context)(nil))
	return selected.Run(in)
}

// usage turns an error of the parser into one that says where a bad value came
// from and what to look at.
func usage(err error, from *settings) error {
	if _, ok := errors.AsType[*fault.Error](err); ok {
		return err
	}
	what := err.Error()
	if origin := from.originIn(what); origin != "" {
		what += " (from " + origin + ")"
	}
	help := "globalmart --help"
	if parse, ok := errors.AsType[*kong.ParseError](err); ok && parse.Context != nil {
		if node := parse.Context.Selected(); node != nil {
			help = node.FullPath() + " --help"
		}
	}
	return fault.New(fault.Usage, what, nil, help)
}

// flagText is a flag's value as a person would write it, without its secrets.
func flagText(value reflect.Value) string {
	if value.Kind() == reflect.Slice {
		parts := make([]string, value.Len())
		for i := range parts {
			parts[i] = flagText(value.Index(i))
		}
		return strings.Join(parts, ",")
	}
	return redact(fmt.Sprint(value.Interface()))
}
