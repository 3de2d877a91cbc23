// Package platform runs the whole of GlobalMart on real services on one machine: the
// processes of the program beside the services, each with a log in one folder, until it is
// stopped.
package platform

import (
	"context"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"

	"globalmart/test/services/host"
)

// Options say what to run.
type Options struct {
	Dir     string // folder of logs, lake and warehouse
	Program string // the binary of globalmart
	Rate    string // of the generator, as its flag has it
	Listen  string // of the API, host:port; with port 0 a free one
	Workers int    // stream workers
	History int    // days in the lake before the first live one
	Orders  int    // a day of that history
}

// Part is a service or a process that can be stopped and started by itself.
type Part struct {
	Name  string
	Log   string // file
	Alive func() bool
	Stop  func()
	Kill  func() // nil: it is not to be killed
	Start func(context.Context) error
}

// Platform are the services and the processes of the program.
type Platform struct {
	Options
	API      string // host:port
	Operator string // host:port of the first worker's metrics
	Parts    []Part // the services first, then the processes in the order in which they start

	services  int // how many of the parts are services
	env       []string
	processes []*process
	asker     net.Conn // of who asked for the end: it is to stay open as long as this process
}

// New returns a platform on services whose settings for the program are NAME=value. What an
// earlier platform has left in the folder is removed: it would not fit to services that
// begin empty.
func New(ctx context.Context, o Options, services []Part, settings []string) (*Platform, error) {
	p := &Platform{Options: o, Parts: slices.Clone(services), services: len(services)}
	for _, dir := range []string{p.shop(), p.logs()} {
		if err := os.RemoveAll(dir); err != nil {
			return nil, err
		}
		if err := os.MkdirAll(dir, 0o750); err != nil {
			return nil, err
		}
	}
	addresses, err := host.FreePorts(ctx, o.Workers+3)
	if err != nil {
		return nil, err
	}
	p.API = o.Listen
	if address, port, err := net.SplitHostPort(o.Listen); err != nil {
		return nil, fmt.Errorf("%q: want host:port for the API", o.Listen)
	} else if port == "0" {
		_, free, _ := net.SplitHostPort(addresses[o.Workers+2]) // FreePorts made it
		p.API = net.JoinHostPort(address, free)
	}
	p.Operator = addresses[0]
	p.env = append(p.environment(), settings...)
	for _, part := range services { // their logs are to be beside those of the processes
		if err := os.Symlink(part.Log, p.logOf(part.Name)); err != nil {
			return nil, err
		}
	}
	for i := range o.Workers {
		p.add("stream-"+strconv.Itoa(i+1), addresses[i], "stream")
	}
	p.add("lake", "", "lake")
	p.add("schedule", addresses[o.Workers], "schedule")
	p.add("api", addresses[o.Workers+1], "api", "--listen", p.API)
	p.add("generator", "", "generate", "--rate", o.Rate)
	return p, nil
}

// Settings are those that commands need beside the services': NAME=value.
func (p *Platform) Settings() []string {
	return []string{"GLOBALMART_DATA=" + p.shop(), "GLOBALMART_API=" + p.API, "GLOBALMART_OPERATOR=" + p.Operator}
}

func (p *Platform) shop() string { return filepath.Join(p.Dir, "shop") }

func (p *Platform) logs() string { return filepath.Join(p.Dir, "logs") }

// environment is that of this process without settings of globalmart, and with those of the
// platform.
func (p *Platform) environment() []string {
	kept := slices.DeleteFunc(os.Environ(), func(pair string) bool { return strings.HasPrefix(pair, "GLOBALMART_") })
	return append(kept, p.Settings()...)
}

// add adds a process of the program; operator is where its metrics are, "" = it has none.
func (p *Platform) add(name, operator string, args ...string) {
	if operator != "" {
		args = append(args, "--operator-listen", operator)
	}
	one := &process{program: p.Program, args: args, env: p.env, operator: operator, log: p.logOf(name)}
	p.processes = append(p.processes, one)
	p.Parts = append(p.Parts, Part{
		Name: name, Log: one.log, Alive: one.alive, Start: one.start,
		Stop: func() { one.end(syscall.SIGTERM) }, Kill: func() { one.end(syscall.SIGKILL) },
	})
}

func (p *Platform) logOf(name string) string { return filepath.Join(p.logs(), name+".log") }

// Start makes topics, tables and the history, and starts the processes; it returns when
// all are well.
func (p *Platform) Start(ctx context.Context) error {
	commands := [][]string{{"topics", "create", "--replication", "1"}, {"migrate"}}
	if p.History > 0 {
		commands = append(commands, []string{"backfill", "--days", strconv.Itoa(p.History), "--daily-orders", strconv.Itoa(p.Orders)})
	}
	for _, args := range commands {
		cmd := exec.CommandContext(ctx, p.Program, args...)
		cmd.Env = p.env
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("globalmart %s: %w\n%s", args[0], err, out)
		}
	}
	g, all := errgroup.WithContext(ctx)
	for _, one := range p.processes {
		g.Go(func() error { return one.start(all) })
	}
	if err := g.Wait(); err != nil {
		return err
	}
	return p.awaitHealth(ctx)
}

// How long the platform may take to be well once its processes run, and how often it is
// asked.
const (
	healthTime  = 2 * time.Minute
	healthPause = time.Second
)

// awaitHealth waits until every part says that it is well.
func (p *Platform) awaitHealth(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, healthTime)
	defer cancel()
	for {
		cmd := exec.CommandContext(ctx, p.Program, "health")
		cmd.Env = p.env
		out, err := cmd.CombinedOutput()
		if err == nil {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the platform is not well: %w\n%s", err, out)
		case <-time.After(healthPause):
		}
	}
}

// Stop ends the processes in the order of the data: first what sends, last the lake. The
// logs of the services, which go with them, are kept.
func (p *Platform) Stop() error {
	for _, name := range []string{"generator", "stream", "schedule", "api", "lake"} {
		var g errgroup.Group
		for _, part := range p.Parts[p.services:] {
			if strings.HasPrefix(part.Name, name) {
				g.Go(func() error { part.Stop(); return nil })
			}
		}
		_ = g.Wait() // nothing fails
	}
	for _, part := range p.Parts[:p.services] {
		text, err := os.ReadFile(part.Log)
		if err != nil {
			return err
		}
		if err := os.Remove(p.logOf(part.Name)); err != nil {
			return err
		}
		if err := os.WriteFile(p.logOf(part.Name), text, 0o600); err != nil {
			return err
		}
	}
	return nil
}
