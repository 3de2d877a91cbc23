package cli

import (
	"cmp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"

	"globalmart/internal/console"
)

// Config is `globalmart config`.
type Config struct {
	Command string `arg:"" optional:"" help:"Only the settings of this command."`
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
	for _, command := range append([]*kong.Node{in.model.Node}, leaves(in.model.Node)...) {
		name := strings.TrimPrefix(command.Path(), in.model.Name+" ")
		if c.Command != "" && command != in.model.Node && name != c.Command {
			continue
		}
		for _, flag := range command.Flags {
			if flag.Name == "help" {
				continue
			}
			row := in.effective(flag, given[flag.Value])
			if command != in.model.Node {
				row.Commands = []string{name}
			}
			rows = merge(rows, row)
		}
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
	if s.Value != "" && isSecret(flag) {
		s.Value = "***"
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

// warnUnknown names variables that look like settings and are none.
func (in *invocation) warnUnknown() {
	known := map[string]bool{}
	for _, flag := range allFlags(in.model) {
		known[envName(flag.Name)] = true
	}
	var unknown []string
	for name := range in.settings.env {
		if strings.HasPrefix(name, envPrefix) && !strings.HasPrefix(name, envPrefix+"TEST_") && !known[name] {
			unknown = append(unknown, name)
		}
	}
	slices.Sort(unknown)
	for _, name := range unknown {
		in.console.Say("globalmart: %s is set, but there is no such setting", name)
	}
}
