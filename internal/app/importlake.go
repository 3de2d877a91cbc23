package app

import (
	"context"
	"errors"
	"os"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/datadir"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/lake"
	"globalmart/internal/rules"
)

// lakeDestination writes an import straight to the lake, as a source of its own.
// It needs no broker.
type lakeDestination struct {
	env    Env
	dir    string // of the lake
	kind   string // of the data set, as its source is named
	rules  rules.Rules
	source string
	bulk   *lake.Bulk // nil if all is there
	result lakeResult
}

// lakeResult is what became of an import in the lake.
type lakeResult struct {
	Source  string `json:"source"`
	Days    int    `json:"days"` // in UTC, with events
	Before  int64  `json:"in_lake_before"`
	Written int64  `json:"written"` // now
}

// openLakeDestination returns how a lake is opened for a data set; dir is "" for
// that of the data directory.
func openLakeDestination(set *dataSet, dir string) openDestination {
	return func(_ context.Context, env Env, src Source, fresh *rules.Rules) (destination, error) {
		if err := prepare(env, src, fresh); err != nil {
			return nil, err
		}
		meaning, err := rulesFor(src, nil)
		if err != nil {
			return nil, err
		}
		if dir == "" {
			dir = datadir.Layout(src.Data).Lake()
		}
		return &lakeDestination{env: env, dir: dir, kind: strings.ReplaceAll(set.name, " ", "-"), rules: meaning}, nil
	}
}

// hashInName is how many digits of a file's hash are in the name of its source.
const hashInName = 12

// manifest says what the source of an import was made from.
func (to *lakeDestination) manifest(im *importer.Import) lake.Manifest {
	return lake.Manifest{
		"data_set":    to.kind,
		"file_sha256": im.Summary.FileSHA256,
		"events":      strconv.Itoa(im.Summary.Events),
		"currency":    to.rules.Currency,
		"time_zone":   to.rules.TimeZone,
	}
}

// accept opens the source of the file. A file that was imported before, whole or
// in part, is recognised by its hash.
func (to *lakeDestination) accept(_ context.Context, im *importer.Import) (err error) {
	if to.source, err = lake.ImportSource(to.kind + "-" + im.Summary.FileSHA256[:hashInName]); err != nil {
		return err
	}
	to.bulk, err = lake.OpenBulk(lake.BulkConfig{Dir: to.dir, Source: to.source, Calendar: to.rules.Calendar(), Manifest: to.manifest(im)})
	if errors.Is(err, lake.ErrOtherSource) {
		return fault.New(fault.Failed, "this file was imported into "+to.dir+" by other rules", err,
			"bring back the rules; or remove the folder "+to.source+" of the lake and import it anew")
	}
	if err != nil {
		return lakeFault("the import", to.dir, err)
	}
	to.result.Source = to.source
	last := ""
	for e := range im.Events() {
		date := utcDate(e.ReceivedAt.Std()).Format(time.DateOnly)
		if date != last {
			to.result.Days++
			last = date
		}
		if to.bulk.Done(date) {
			to.result.Before++
		}
	}
	switch all := int64(im.Summary.Events); to.result.Before {
	case 0:
	case all:
		to.env.Say("this file was imported before: all of its %s events are in %s of the lake, and none is written again", console.Count(all), to.source)
	default:
		to.env.Say("an earlier import wrote %s of the %s events of this file; the rest is written now", console.Count(to.result.Before), console.Count(all))
	}
	return nil
}

// deliver writes the days that are not there.
func (to *lakeDestination) deliver(ctx context.Context, im *importer.Import, report *importReport) error {
	report.Lake = &to.result
	progress := to.env.Progress("write", "events", int64(im.Summary.Events)-to.result.Before)
	defer progress.Done()
	w := lakeImport{lakeDestination: to}
	for e := range im.Events() {
		wrote, err := w.add(e)
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			w.abandon()
			return lakeFault("the import", to.dir, err)
		}
		progress.Add(int64(wrote))
	}
	if err := w.commit(); err != nil {
		return lakeFault("the import", to.dir, err)
	}
	return nil
}

func (to *lakeDestination) close() {
	if to.bulk != nil {
		_ = to.bulk.Close() // what was written is durable
	}
}

// lakeImport is the day of an import that is being written.
type lakeImport struct {
	*lakeDestination
	until event.Time // the end of the day of the last event
	day   *lake.Day  // nil if that day is there already
	part  *lake.DayPart
	count int64 // events of the day
	json  []byte
}

// add writes e unless its day is there, and returns how many events it wrote.
func (w *lakeImport) add(e *event.Event) (int, error) {
	if e.ReceivedAt >= w.until {
		if err := w.begin(e.ReceivedAt); err != nil {
			return 0, err
		}
	}
	if w.day == nil {
		return 0, nil
	}
	w.count++
	if e.Type == event.TypeTransaction && e.BaseTotalMinor == event.NoAmount {
		// Not a valid event without an exchange rate: kept as a record, as the log
		// would have it.
		w.json = e.AppendJSON(w.json[:0])
		return 1, w.part.AddRecord(e.Type.Topic(), e.ReceivedAt, []byte(e.Key()), w.json)
	}
	return 1, w.part.Add(e)
}

// begin begins the day of t, once the one before is complete.
func (w *lakeImport) begin(t event.Time) (err error) {
	if err := w.commit(); err != nil {
		return err
	}
	day := utcDate(t.Std())
	w.until = event.TimeOf(day.AddDate(0, 0, 1))
	date := day.Format(time.DateOnly)
	if w.bulk.Done(date) {
		return nil
	}
	if w.day, err = w.bulk.Day(date); err != nil {
		return err
	}
	w.part, err = w.day.Part(0)
	return err
}

func (w *lakeImport) commit() error {
	if w.day == nil {
		return nil
	}
	err := w.day.Commit()
	w.day = nil
	if err == nil {
		w.result.Written += w.count
	}
	w.count = 0
	return err
}

func (w *lakeImport) abandon() {
	if w.day != nil {
		w.day.Abandon()
	}
}

// begun reports whether a data directory holds numbers, which have a meaning
// already.
func begun(data datadir.Layout) bool {
	if _, err := os.Stat(data.Store()); err == nil {
		return true
	}
	sources, err := lake.Sources(data.Lake())
	return err == nil && len(sources) > 0
}

// rows are those that tell of r.
func (r *lakeResult) rows() [][]any {
	return [][]any{
		{"source in the lake", r.Source},
		{"days", r.Days},
		{"events in the lake before", r.Before},
		{"events written", r.Written},
	}
}
