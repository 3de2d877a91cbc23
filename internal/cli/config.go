package cli

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"globalmart/internal/console"
	"globalmart/internal/fault"
)

// Config is `globalmart config`.
type Config struct {
	Command []string `arg:"" optional:"" help:"Only the settings of this command, such as up or topics create."`
}

// setting is one line of the answer.
type setting struct {
	Name     string   `json:"setting"`
	Value    string   `json:"value"`
	Source   string   `json:"source"` // default, flag, a variable's name or file:line
	Commands []string `json:"commands,omitempty"`
}

// Run shows every setting as a command started in the same way would see it.
func (c *Config) Run(in *invocation, ctx *kong.Context) error {
	given := map[*kong.Value]bool{}
	for _, path := range ctx.Path {
		if path.Flag != nil && !path.Resolved {
			given[path.Flag.Value] = true
		}
	}
	var rows []*setting
	for _, flag := range in.model.Flags {
		if flag.Name != "help" {
			rows = append(rows, in.effective(flag, given[flag.Value]))
		}
	}
	only := strings.Join(c.Command, " ")
	found := false
	for _, command := range leaves(in.model.Node) {
		name := strings.TrimPrefix(command.Path(), in.model.Name+" ")
		if len(c.Command) > 0 && !strings.HasPrefix(name+" ", only+" ") {
			continue
		}
		found = true
		for _, flag := range command.Flags {
			row := in.effective(flag, given[flag.Value])
			row.Commands = []string{name}
			rows = merge(rows, row)
		}
	}
	if !found {
		return fault.New(fault.NotFound, fmt.Sprintf("there is no command %q", only), nil, "globalmart --help")
	}
	slices.SortStableFunc(rows, func(a, b *setting) int { return cmp.Compare(a.Name, b.Name) })
	in.warnUnknown()
	return in.console.Show(rows, func() console.Grid {
		g := console.Grid{Header: []string{"setting", "value", "source", "commands"}}
		for _, r := range rows {
			g.Rows = append(g.Rows, []any{r.Name, r.Value, r.Source, strings.Join(r.Commands, ", ")})
		}
		return g
	})
}

// effective is the value of flag and where it came from. given says that it is
// on the command line.
func (in *invocation) effective(flag *kong.Flag, given bool) *setting {
	s := &setting{Name: flag.Name, Value: flag.Default, Source: "default"}
	value, origin := in.settings.lookup(flag.Name)
	switch {
	case given:
		s.Value, s.Source = flagText(flag.Target), "flag"
	case origin != "":
		s.Value, s.Source = value, origin
	}
	s.Value = redact(s.Value)
	if s.Value != "" && isSecret(flag) && (!isPlace(flag) || strings.Contains(s.Value, "://")) {
		s.Value = "***" // of a URL, too: its parameters may be secret
	}
	return s
}

// merge adds row, or its command to an equal row that is there.
func merge(rows []*setting, row *setting) []*setting {
	for _, have := range rows {
		if have.Name == row.Name && have.Value == row.Value && have.Source == row.Source {
			have.Commands = append(have.Commands, row.Commands...)
			return rows
		}
	}
	return append(rows, row)
}

// forTests matches variables that steer tests of this program.
var forTests = regexp.MustCompile(`^GLOBALMART_(TEST_|FAILPOINT$)`)

// warnUnknown names variables that look like settings and are none.
func (in *invocation) warnUnknown() {
	known := map[string]bool{}
	for _, flag := range allFlags(in.model) {
		known[envName(flag.Name)] = true
	}
	var unknown []string
	for name := range in.settings.env {
		if strings.HasPrefix(name, envPrefix) && !forTests.MatchString(name) && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		in.console.Say("globalmart: %s is set, but there is no such setting", name)
	}
}
