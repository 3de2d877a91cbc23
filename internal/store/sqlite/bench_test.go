package sqlite_test

import (
	"testing"

	"globalmart/internal/store/storetest"
)

var bench = storetest.Bench{Open: func(b *testing.B) storetest.AlertStore { return open(b, migrated(b)) }}

func BenchmarkCommitSmall(b *testing.B) { bench.CommitSmall(b) }
func BenchmarkCommitLarge(b *testing.B) { bench.CommitLarge(b) }
func BenchmarkRows(b *testing.B)        { bench.Rows(b) }
func BenchmarkQuestions(b *testing.B)   { bench.Questions(b) }
