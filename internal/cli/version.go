package cli

import (
	"runtime"

	"globalmart/internal/console"
)

// Version is `globalmart version`.
type Version struct{}

// Run shows which build this is.
func (c *Version) Run(in *invocation) error {
	build := struct {
		Version  string `json:"version"`
		Go       string `json:"go"`
		Platform string `json:"platform"`
	}{version, runtime.Version(), runtime.GOOS + "/" + runtime.GOARCH}
	return in.console.Show(build, func() console.Grid {
		return console.Grid{
			Header: []string{"version", "go", "platform"},
			Rows:   [][]any{{build.Version, build.Go, build.Platform}},
		}
	})
}
