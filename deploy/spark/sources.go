// Package spark holds the sources of the streaming job for Spark, for those who build it:
// Java, the SQL that it runs, and what Maven has to get for it.
package spark

import "embed"

// Sources are pom.xml, the Java files in src and the statements in sql.
//
//go:embed pom.xml src sql
var Sources embed.FS
