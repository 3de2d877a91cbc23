package app

import (
	"database/sql"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/lake"
	"globalmart/internal/store"
	"globalmart/internal/store/sqlite"
)

func TestTrimmingBoundsTheLog(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	stream, _ := r.stream(r.store, 10*time.Millisecond)
	writer, _ := r.writer()
	trim := r.trimmer(writer, func() bool { return stream.Status().Ready })
	for range 3 {
		r.send(20_000)
		r.applied(stream)
		r.snapshots(stream)
		r.kept(writer)
		before := r.extents()
		r.round(trim)
		r.round(trim) // records are of different lengths
		for topic, partitions := range r.extents() {
			for p, e := range partitions {
				// The broker counts the batch in which a partition begins as a whole.
				const batch = 48 << 10
				if e.Bytes > testLimits.limit(topic)+batch || e.End != before[topic][p].End || e.Start < before[topic][p].Start {
					t.Errorf("%s[%d] was %+v and is %+v after trimming to %d bytes", topic, p, before[topic][p], e, testLimits.limit(topic))
				}
				if e.Bytes < min(before[topic][p].Bytes, testLimits.limit(topic)/2) {
					t.Errorf("%s[%d] was %+v and is %+v: far more was trimmed than had to be", topic, p, before[topic][p], e)
				}
			}
		}
		if got, want := total(r.extents()), total(before)*2/3; got > want {
			t.Errorf("the log has %d bytes after trimming, want %d at most", got, want)
		}
	}
	if trim.deleted.Load() < 30_000 {
		t.Errorf("%d records were trimmed, want about half of %d", trim.deleted.Load(), r.sent)
	}
	r.expectLakeWhole()
}

func TestWhatTheLakeLacksIsNotTrimmedHoweverLongItCannotBeWritten(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	stream, _ := r.stream(r.store, 10*time.Millisecond)
	writer, _ := r.writer()
	r.send(20_000)
	r.applied(stream)
	r.kept(writer)

	// The records that come now are of a day whose folders are files.
	r.start += event.Time((48 * time.Hour).Milliseconds())
	var blocks []string
	for _, topic := range lake.Topics {
		block := filepath.Join(r.lakeDir(""), lake.SourceRaw, topic, "date="+r.start.Std().UTC().Format(time.DateOnly))
		if err := os.MkdirAll(filepath.Dir(block), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(block, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		blocks = append(blocks, block)
	}
	r.send(20_000)
	r.eventually("the lake says that it cannot be written", func() bool {
		writer.roll()
		return writer.status().Down != nil
	})
	r.applied(stream)
	r.snapshots(stream)

	before := r.extents()
	trim := r.trimmer(writer, func() bool { return true })
	for range 5 {
		r.round(trim)
	}
	r.expectUntouched(before)

	trim.lake = func() (map[lake.Place]int64, bool) {
		floor, _ := writer.floor()
		return floor, true // as if it were well
	}
	for range 5 {
		r.round(trim)
	}
	floor, _ := writer.floor()
	r.expectWithin("the lake lacks what comes", func(topic string, p int32) int64 { return floor[lake.Place{Topic: topic, Partition: p}] })

	for _, block := range blocks {
		if err := os.Remove(block); err != nil {
			t.Fatal(err)
		}
	}
	r.kept(writer)
	r.expectLakeWhole()
}

func TestWhatTheStreamLacksIsNotTrimmedHoweverLongItIsStopped(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	writer, _ := r.writer()
	for range 2 { // two snapshots are kept
		stream, stop := r.stream(r.store, time.Hour)
		r.send(20_000)
		r.applied(stream)
		stop()
	}
	r.send(20_000)
	r.kept(writer)

	before := r.extents()
	trim := r.trimmer(writer, func() bool { return false })
	for range 5 {
		r.round(trim)
	}
	r.expectUntouched(before)

	trim.ready = func() bool { return true } // another process may read on
	for range 5 {
		r.round(trim)
	}
	needs := r.needs()
	r.expectWithin("the stream needs what comes", func(topic string, p int32) int64 {
		if needed, ok := needs[topic][p]; ok {
			return needed
		}
		return r.ends()[topic][p]
	})

	stream, _ := r.stream(r.store, time.Hour)
	r.applied(stream)
	if got := committedRecords(t, r.store); got != r.sent {
		t.Errorf("%d records are applied, want %d", got, r.sent)
	}
}

func TestTheOldestKeptSnapshotCanBeReplayedFromAfterTrimming(t *testing.T) {
	t.Parallel()
	r := newTrimRig(t)
	writer, _ := r.writer()
	var kept []kafka.Offsets // at each snapshot
	for range 2 {
		stream, stop := r.stream(r.store, time.Hour)
		r.send(15_000)
		r.applied(stream)
		stop()
		kept = append(kept, r.ends())
	}
	stream, stop := r.stream(r.store, time.Hour)
	r.send(15_000)
	r.applied(stream)
	r.kept(writer)
	trim := r.trimmer(writer, func() bool { return stream.Status().Ready })
	for range 3 {
		r.round(trim)
	}
	r.expectWithin("the oldest snapshot needs what comes", func(topic string, p int32) int64 { return kept[0][topic][p] })

	// What a kill leaves has no newer snapshot; and the newest cannot be read.
	left := filepath.Join(t.TempDir(), "left.db")
	path, err := r.storePath()
	if err != nil {
		t.Fatal(err)
	}
	execute(t, path, `VACUUM INTO ?`, left)
	execute(t, left, `UPDATE snapshot_state SET data = zeroblob(length(data)) WHERE (family, partition, generation) IN (SELECT family, partition, max(generation) FROM snapshot GROUP BY 1, 2)`)
	stop()
	s, err := sqlite.Open(t.Context(), left)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	again, _ := r.stream(s, time.Hour)
	r.send(1000)
	r.applied(again)
	if got := committedRecords(t, s); got != r.sent {
		t.Errorf("%d records are applied, want %d", got, r.sent)
	}
}

func execute(t *testing.T, path, statement string, args ...any) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.ExecContext(t.Context(), statement, args...); err != nil {
		t.Fatal(err)
	}
}

// committedRecords are the records of which s says what became of them.
func committedRecords(t *testing.T, s liveStore) (n int64) {
	t.Helper()
	view, err := s.View(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	defer view.Close()
	for row, err := range view.Ledger(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		n += row.Counts.Total()
	}
	return n
}

func TestALogThatOnlyTheLakeHoldsBackMakesItFinishItsFiles(t *testing.T) {
	extents := map[string]map[int32]kafka.Extent{event.TopicOtherEvents: {0: {Start: 0, End: 1000, Bytes: 1000}}}
	limits := TrimOptions{Large: 500, Small: 500}
	at := lake.Place{Topic: event.TopicOtherEvents}
	for held, want := range map[int64]bool{0: true, 499: true, 500: false, 1000: false} {
		if _, short := cuts(extents, map[lake.Place]int64{at: held}, nil, limits); short != want {
			t.Errorf("the lake holds what is below offset %d: it is asked for more: %v, want %v", held, short, want)
		}
	}
}

func TestNoRecordThatIsNeededIsTrimmed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		offset := rapid.Int64Range(0, 50)
		topic := rapid.SampledFrom(lake.Topics).Draw(t, "topic")
		start := offset.Draw(t, "start")
		e := kafka.Extent{Start: start, End: start + offset.Draw(t, "records"), Bytes: rapid.Int64Range(0, 1000).Draw(t, "bytes")}
		limits := TrimOptions{Large: rapid.Int64Range(0, 1000).Draw(t, "large"), Small: rapid.Int64Range(0, 1000).Draw(t, "small")}
		inLake := offset.Draw(t, "in the lake") * 2
		held := map[lake.Place]int64{{Topic: topic}: inLake, {Topic: topic, Partition: 1}: 1000}
		floors := []int64{e.End, inLake}
		needs := []store.ReplayNeed{{Topic: topic, Partition: 1, Committed: 1000, Snapshots: []int64{1000}}}
		if slices.Contains(engineTopics(), topic) {
			n := store.ReplayNeed{Topic: topic, Committed: offset.Draw(t, "committed") * 2, Snapshots: rapid.SliceOfN(rapid.Int64Range(0, 100), 0, 2).Draw(t, "snapshots")}
			floors = append(append(floors, n.Committed), n.Snapshots...)
			if len(n.Snapshots) == 0 {
				floors = append(floors, 0)
			}
			if rapid.Bool().Draw(t, "claimed") {
				needs = append(needs, n)
			} else {
				floors = append(floors, 0)
			}
		}
		to, _ := cuts(map[string]map[int32]kafka.Extent{topic: {0: e}}, held, needs, limits)
		cut, trimmed := to[topic][0]
		limit, floor := limits.limit(topic), slices.Min(floors)
		switch {
		case len(slices.Collect(maps.Keys(to))) > 1 || len(to[topic]) > 1:
			t.Fatalf("partitions were trimmed that there are not: %v", to)
		case !trimmed && e.Bytes > limit && e.End-e.Start > 1 && floor-1 > e.Start:
			t.Fatalf("%+v is over its limit of %d and needed from %d on, and nothing was trimmed", e, limit, floor)
		case !trimmed:
		case cut <= e.Start || cut >= e.End:
			t.Fatalf("%+v is cut at %d: that is no record, or the last", e, cut)
		case cut >= floor:
			t.Fatalf("%+v is cut at %d, which is needed from %d on", e, cut, floor)
		case e.Bytes <= limit:
			t.Fatalf("%+v is cut at %d and was within its limit of %d", e, cut, limit)
		}
	})
}
