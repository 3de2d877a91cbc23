// Package web holds the user interface as files in the binary: what `make web`
// makes of the sources beside it, or, where that was not run, one page that says
// how to have it.
package web

import (
	"embed"
	"io/fs"
)

// The pattern matches dist-plain, which is always there, and dist once it is
// built.
//
//go:embed all:dist*
var embedded embed.FS

// Files are the files to serve. index.html is the page of every path in
// routes.json, which names the scripts of each, or of / without that file. The
// names in assets/ change with their content. NAME.br and NAME.gz are NAME,
// compressed.
func Files() fs.FS {
	for _, name := range []string{"dist", "dist-plain"} {
		if _, err := fs.Stat(embedded, name+"/index.html"); err != nil {
			continue
		}
		files, err := fs.Sub(embedded, name)
		if err != nil {
			panic("web: " + err.Error()) // the name is a valid path
		}
		return files
	}
	panic("web: no index.html is embedded")
}
