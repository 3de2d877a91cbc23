package cli

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"
	"github.com/compose-spec/compose-go/v2/dotenv"
	"github.com/compose-spec/compose-go/v2/loader"
	"github.com/compose-spec/compose-go/v2/types"
)

// TestComposeSpeaksThisCommandLine: every command of docker-compose.yml that is ours, and
// every variable that it is given, is one that this program takes.
func TestComposeSpeaksThisCommandLine(t *testing.T) {
	const root = "../.."
	settings, err := dotenv.Read(filepath.Join(root, ".env.example"))
	if err != nil {
		t.Fatal(err)
	}
	project, err := loader.LoadWithContext(t.Context(), types.ConfigDetails{
		WorkingDir: root, ConfigFiles: []types.ConfigFile{{Filename: filepath.Join(root, "docker-compose.yml")}}, Environment: settings,
	})
	if err != nil {
		t.Fatal(err)
	}
	commands := 0
	for name, service := range project.Services {
		if !strings.HasPrefix(service.Image, "globalmart:") {
			continue
		}
		var environ []string
		for variable, value := range service.Environment {
			if value != nil {
				environ = append(environ, variable+"="+*value)
			}
		}
		if err := understand(service.Command, environ); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if check := service.HealthCheck.Test; len(check) < 2 || check[0] != "CMD" || check[1] != "globalmart" {
			t.Errorf("%s: its health check %q is not this program", name, check)
		} else if err := understand(check[2:], environ); err != nil {
			t.Errorf("%s: its health check: %v", name, err)
		}
		commands++
	}
	if commands < 6 {
		t.Errorf("%d services are ours, want generator, stream, lake, schedule, api and collect", commands)
	}
}

// understand parses and validates a command line, and refuses variables of ours that no
// command knows.
func understand(args, environ []string) error {
	var grammar commands
	settings := newSettings(environ)
	parser, err := kong.New(&grammar, kong.Name("globalmart"), kong.Resolvers(settings), kong.WithBeforeResolve(settings.load))
	if err != nil {
		return err
	}
	if _, err := parser.Parse(args); err != nil {
		return err
	}
	known := map[string]bool{}
	for _, flag := range allFlags(parser.Model) {
		known[envName(flag.Name)] = true
	}
	for variable := range settings.env {
		if strings.HasPrefix(variable, envPrefix) && !known[variable] {
			return fmt.Errorf("%s is no setting of this program", variable)
		}
	}
	return nil
}
