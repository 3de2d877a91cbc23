// Package version tells which version of its tables a build works with, for stores
// whose schema is made by numbered migrations.
package version

import (
	"fmt"
	"io/fs"
	"path"

	"github.com/pressly/goose/v3"
)

// Newest is the highest number of the migrations that are files of folder, such as
// 00007_alert.sql. They are embedded: a name without a number is a bug.
func Newest(files fs.FS, folder string) int64 {
	names, err := fs.Glob(files, folder+"/*.sql")
	if err != nil {
		panic("version: BUG: " + err.Error())
	}
	var newest int64
	for _, name := range names {
		v, err := goose.NumericComponent(path.Base(name))
		if err != nil {
			panic("version: BUG: " + err.Error())
		}
		newest = max(newest, v)
	}
	return newest
}

// Check refuses tables of version have in a build that works with version want.
func Check(have, want int64) error {
	switch {
	case have < want:
		return fmt.Errorf("its schema is version %d and this build needs %d; run `globalmart migrate`", have, want)
	case have > want:
		return fmt.Errorf("its schema is version %d and this build knows only %d; use the newer globalmart that wrote it", have, want)
	}
	return nil
}
