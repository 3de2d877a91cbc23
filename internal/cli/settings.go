package cli

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"globalmart/internal/fault"
)

// settings resolves flags that are not on the command line: from the
// environment, else from the file. One resolver does both because kong would
// let a file beat the environment if it read the variables itself.
type settings struct {
	env    map[string]string
	path   string // of the file, "" if there is none
	values map[string]fileValue
}

// fileValue is one entry of the file.
type fileValue struct {
	text string
	line int
}

// envPrefix starts every environment variable of ours.
const envPrefix = "GLOBALMART_"

func newSettings(environ []string) *settings {
	s := &settings{env: map[string]string{}}
	for _, pair := range environ {
		if name, value, ok := strings.Cut(pair, "="); ok {
			s.env[name] = value
		}
	}
	return s
}

func (s *settings) getenv(name string) string { return s.env[name] }

// envName is the variable of a flag: --kafka-listen is GLOBALMART_KAFKA_LISTEN.
func envName(flag string) string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(flag, "-", "_"))
}

// fromEnv returns a flag's value in the environment and the variable it is in.
// An empty variable counts as unset.
func (s *settings) fromEnv(flag string) (value, variable string) {
	names := []string{envName(flag)}
	if flag == "log-level" {
		names = append(names, "LOG_LEVEL")
	}
	for _, name := range names {
		if v := s.env[name]; v != "" {
			return v, name
		}
	}
	return "", ""
}

// lookup returns a flag's value from the environment or the file, and its
// origin in words; the origin is "" if neither has it.
func (s *settings) lookup(flag string) (value, origin string) {
	if flag == "help" {
		return "", ""
	}
	if value, variable := s.fromEnv(flag); variable != "" {
		return value, variable
	}
	if v, ok := s.values[flag]; ok && flag != "config" {
		return v.text, fmt.Sprintf("%s:%d", s.path, v.line)
	}
	return "", ""
}

// Validate implements [kong.Resolver]. load has validated already.
func (s *settings) Validate(*kong.Application) error { return nil }

// Resolve implements [kong.Resolver].
func (s *settings) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	if value, origin := s.lookup(flag.Name); origin != "" {
		return value, nil
	}
	return nil, nil
}

// flagInText finds the flag that a parser's message is about.
var flagInText = regexp.MustCompile(`--([a-z][a-z-]*)`)

// originIn returns where the value of the flag named in message came from, if
// that was not the command line itself.
func (s *settings) originIn(message string) string {
	m := flagInText.FindStringSubmatch(message)
	if m == nil || strings.HasPrefix(message, "unknown flag") {
		return ""
	}
	_, origin := s.lookup(m[1])
	return origin
}

// load reads the file that --config or GLOBALMART_CONFIG names, before flags
// are resolved. A key that is no flag of any command is an error.
func (s *settings) load(ctx *kong.Context) error {
	for _, flag := range ctx.Model.Flags {
		if flag.Name == "config" {
			s.path, _ = ctx.FlagValue(flag).(string)
		}
	}
	if s.path == "" {
		s.path, _ = s.fromEnv("config")
	}
	if s.path == "" {
		return nil
	}
	data, err := os.ReadFile(s.path)
	if err != nil {
		return fault.New(fault.Usage, "cannot read the configuration file", err, "check the path given with --config")
	}
	s.values, err = parseFile(s.path, data, fileKeys(ctx.Model))
	return err
}

// fileKeys are the flags that a file may set: all but those that are about the
// command line itself.
func fileKeys(model *kong.Application) []string {
	var keys []string
	for _, flag := range allFlags(model) {
		if flag.Name != "help" && flag.Name != "config" {
			keys = append(keys, flag.Name)
		}
	}
	slices.Sort(keys)
	return slices.Compact(keys)
}

// parseFile reads "flag: value" lines, a list standing for its items joined by
// commas. It reports every problem at once, with line numbers.
func parseFile(path string, data []byte, known []string) (map[string]fileValue, error) {
	file, err := parser.ParseBytes(data, 0)
	if err != nil {
		return nil, fault.New(fault.Usage, path+": "+firstLine(err.Error()), nil, "write one \"flag: value\" a line")
	}
	values := map[string]fileValue{}
	var problems []string
	for _, doc := range file.Docs {
		if doc.Body == nil {
			continue
		}
		mapping, ok := doc.Body.(*ast.MappingNode)
		if !ok {
			problems = append(problems, fmt.Sprintf("%s:%d: want \"flag: value\" lines", path, doc.Body.GetToken().Position.Line))
			continue
		}
		for _, entry := range mapping.Values {
			key, line := entry.Key.GetToken().Value, entry.Key.GetToken().Position.Line
			if !slices.Contains(known, key) {
				problems = append(problems, fmt.Sprintf("%s:%d: unknown setting %q%s", path, line, key, suggest(key, known)))
				continue
			}
			text, err := scalar(entry.Value)
			if err != nil {
				problems = append(problems, fmt.Sprintf("%s:%d: %s: %v", path, line, key, err))
				continue
			}
			values[key] = fileValue{text, line}
		}
	}
	if len(problems) > 0 {
		return nil, fault.New(fault.Usage, strings.Join(problems, "\n"), nil, "`globalmart config` lists every setting")
	}
	return values, nil
}

func scalar(node ast.Node) (string, error) {
	switch n := node.(type) {
	case *ast.SequenceNode:
		parts := make([]string, len(n.Values))
		for i, item := range n.Values {
			text, err := scalar(item)
			if err != nil {
				return "", err
			}
			parts[i] = text
		}
		return strings.Join(parts, ","), nil
	case *ast.StringNode:
		return n.Value, nil
	case *ast.IntegerNode, *ast.FloatNode, *ast.BoolNode:
		return n.GetToken().Value, nil
	}
	return "", errors.New("want a single value or a list of values")
}

// suggest names the known key that is nearest to key, if one is near.
func suggest(key string, known []string) string {
	normal := strings.ReplaceAll(strings.ToLower(key), "_", "-")
	near := func(k string) int {
		switch {
		case k == normal:
			return 0
		case distance(k, normal) <= 2:
			return distance(k, normal)
		case strings.HasPrefix(k, normal), strings.HasPrefix(normal, k):
			return 3
		}
		return 4
	}
	if len(known) == 0 {
		return ""
	}
	best := slices.MinFunc(known, func(a, b string) int { return cmp.Compare(near(a), near(b)) })
	if near(best) > 3 {
		return ""
	}
	return fmt.Sprintf(", did you mean %q?", best)
}

// distance is the Levenshtein distance of a and b.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		previous := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := previous
			if a[i] != b[j] {
				change++
			}
			previous = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

func firstLine(s string) string {
	line, _, _ := strings.Cut(s, "\n")
	return line
}

// redact hides the password of a value that is a URL.
func redact(value string) string {
	u, err := url.Parse(value)
	if err != nil || u.User == nil {
		return value
	}
	return u.Redacted()
}
