package cli

import (
	"reflect"

	"github.com/alecthomas/kong"

	"globalmart/internal/telemetry"
)

// allFlags returns the flags of every command, those of all commands first. A
// flag that several commands have is returned for each of them.
func allFlags(model *kong.Application) []*kong.Flag {
	flags := append([]*kong.Flag(nil), model.Flags...)
	for _, leaf := range leaves(model.Node) {
		flags = append(flags, leaf.Flags...)
	}
	return flags
}

// leaves returns the commands below node that can be run, in their order.
func leaves(node *kong.Node) []*kong.Node {
	var found []*kong.Node
	for _, child := range node.Children {
		if child.Leaf() {
			found = append(found, child)
		} else {
			found = append(found, leaves(child)...)
		}
	}
	return found
}

// isPlace reports whether flag names a directory or the URL of a service, which may have
// a password.
func isPlace(flag *kong.Flag) bool { return flag.Tag.Has("place") }

func isSecret(flag *kong.Flag) bool {
	t := flag.Target.Type()
	return t == reflect.TypeFor[telemetry.Secret]() || t == reflect.TypeFor[[]telemetry.Secret]()
}
