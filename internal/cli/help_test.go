package cli

import (
	"testing"

	"github.com/alecthomas/kong"
)

func TestEveryCommandAndFlagIsExplained(t *testing.T) {
	parser, err := kong.New(&commands{}, kong.Name("globalmart"))
	if err != nil {
		t.Fatal(err)
	}
	for _, command := range leaves(parser.Model.Node) {
		if command.Help == "" {
			t.Errorf("%s has no help", command.Path())
		}
		for _, flag := range command.Flags {
			if flag.Help == "" {
				t.Errorf("%s --%s has no help", command.Path(), flag.Name)
			}
		}
		for _, arg := range command.Positional {
			if arg.Help == "" {
				t.Errorf("%s <%s> has no help", command.Path(), arg.Name)
			}
		}
	}
}
