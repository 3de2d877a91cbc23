package processor

import (
	"fmt"
	"slices"
	"strings"

	"globalmart/internal/rules"
	"globalmart/internal/store"
)

// Names are the processors that [New] makes of both families, sorted. It panics if
// r is not valid.
func Names(r rules.Rules) []string {
	var names []string
	for _, family := range store.Families {
		for _, p := range New(store.TaskID{Family: family}, r).processors {
			_, name, _ := strings.Cut(fmt.Sprintf("%T", p), ".")
			names = append(names, strings.ToLower(name))
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
