package postgres_test

import (
	"testing"

	"globalmart/internal/store/storetest"
	"globalmart/internal/telemetry"
	"globalmart/internal/testenv"
)

var bench = storetest.Bench{
	Open: func(b *testing.B) storetest.AlertStore { return open(b, migrated(b)) },
	ServerMS: func(b *testing.B) float64 {
		pid := testenv.PostgresEndpoints(b).PID
		if pid == 0 {
			return 0
		}
		used, err := telemetry.Family(pid)
		if err != nil {
			b.Fatal(err)
		}
		return float64(used.Microseconds()) / 1000
	},
}

func BenchmarkCommitSmall(b *testing.B) { bench.CommitSmall(b) }
func BenchmarkCommitLarge(b *testing.B) { bench.CommitLarge(b) }
func BenchmarkRows(b *testing.B)        { bench.Rows(b) }
func BenchmarkQuestions(b *testing.B)   { bench.Questions(b) }
