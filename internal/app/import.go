package app

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/rules"
)

// maxShownRejections bounds the rejected rows that are told one by one.
const maxShownRejections = 10

// dataSet is a kind of file that can be imported.
type dataSet struct {
	name  string // for people
	file  string // what to give, for people
	note  string // what they should know before they look at the figures; may be empty
	fresh func() *rules.Rules
	read  func(context.Context, io.Reader, importer.Options) (*importer.Import, error)
}

var (
	onlineRetail = dataSet{
		name:  "online retail",
		file:  "the Online Retail data set as CSV with its header line, plain or compressed by xz or gzip",
		fresh: onlineRetailRules,
		read:  importer.OnlineRetail,
	}
	cdnow = dataSet{
		name:  "cdnow",
		file:  "CDNOW_master.txt of the CDNOW data set, plain or compressed by xz or gzip",
		note:  "timestamps before 2000 are not believed, so the orders of 1997 and 1998 are dated 17 years later, to the day",
		fresh: cdnowRules,
		read:  importer.CDNOW,
	}
	jsonl = dataSet{
		name:  "events",
		file:  "one event on each line (JSON Lines), plain or compressed by xz or gzip",
		fresh: func() *rules.Rules { return nil },
		read:  importer.JSONL,
	}
)

// onlineRetailRules are the rules of a directory that begins with the Online
// Retail data set: a British shop.
func onlineRetailRules() *rules.Rules { return rulesOf("GBP", "Europe/London") }

// cdnowRules are those of one that begins with CDNOW: a shop in Pennsylvania.
func cdnowRules() *rules.Rules { return rulesOf("USD", "America/New_York") }

// rulesOf returns the rules of a shop of one currency.
func rulesOf(currency, zone string) *rules.Rules {
	r := rules.Default()
	r.Currency, r.TimeZone, r.Rates = currency, zone, nil
	return &r
}

// destination is where the events of an import go.
type destination interface {
	// accept refuses an import that the destination could not take in whole,
	// before anything is sent.
	accept(ctx context.Context, im *importer.Import) error
	// deliver hands over every event of im and returns when all are durable. What
	// became of them goes into the report.
	deliver(ctx context.Context, im *importer.Import, report *importReport) error
	// close frees what the destination holds.
	close()
}

// openDestination opens where events go; fresh, if not nil, gives the rules of a
// directory that has none yet.
type openDestination func(ctx context.Context, env Env, src Source, fresh *rules.Rules) (destination, error)

// ImportOnlineRetail imports the Online Retail data set.
func ImportOnlineRetail(ctx context.Context, env Env, o ImportOptions) error {
	return importFile(ctx, env, o, &onlineRetail)
}

// ImportCDNOW imports the CDNOW data set.
func ImportCDNOW(ctx context.Context, env Env, o ImportOptions) error {
	return importFile(ctx, env, o, &cdnow)
}

// ImportJSONL imports events of GlobalMart's own contract, one on each line.
func ImportJSONL(ctx context.Context, env Env, o ImportOptions) error {
	return importFile(ctx, env, o, &jsonl)
}

// importFile reads the file, delivers its events and reports, in this order: a
// file that cannot be read leaves no trace, and one that its destination would
// not take sends nothing.
func importFile(ctx context.Context, env Env, o ImportOptions, set *dataSet) error {
	started := time.Now()
	openTo := openDestination(openStreamDestination)
	if o.LakeOnly {
		o.Source.Kafka = embeddedKafka // the rules are those of the data directory
		openTo = openLakeDestination(set, o.Lake)
	}
	file, size, err := openData(o.File, set)
	if err != nil {
		return err
	}
	defer file.Close()
	meaning, err := rulesFor(o.Source, set.fresh())
	if err != nil {
		return err
	}
	im, err := set.load(ctx, env, meaning, file, size)
	if err != nil {
		return err
	}
	to, err := openTo(ctx, env, o.Source, set.fresh())
	if err != nil {
		return err
	}
	defer to.close()
	if err := to.accept(ctx, im); err != nil {
		return err
	}
	report := importReport{Summary: im.Summary}
	if err := to.deliver(ctx, im, &report); err != nil {
		if ctx.Err() != nil {
			return fault.New(fault.Interrupted, "interrupted", ctx.Err(), "run it again: it goes on, and sends nothing twice")
		}
		return err
	}
	report.Seconds = time.Since(started).Seconds()
	if set.note != "" {
		env.Say("note: %s", set.note)
	}
	return env.Show(report, func() console.Grid { return report.grid(set.name) })
}

func openData(path string, set *dataSet) (*os.File, int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fault.New(fault.NotFound, "there is no file "+path, nil, "give the path of "+set.file)
	}
	if err != nil {
		return nil, 0, fault.New(fault.Failed, "cannot read "+path, err, "make the file readable")
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, 0, fault.New(fault.Failed, "cannot read "+path, err, "make the file readable")
	}
	return file, info.Size(), nil
}

// load reads the file whole.
func (set *dataSet) load(ctx context.Context, env Env, r rules.Rules, file *os.File, size int64) (*importer.Import, error) {
	zone, err := time.LoadLocation(r.TimeZone)
	if err != nil {
		return nil, fault.New(fault.Usage, "the rules' time zone", err, "name one such as Europe/London")
	}
	progress := env.Progress("read", console.Bytes, size)
	defer progress.Done()
	shown, last := 0, int64(0)
	im, err := set.read(ctx, file, importer.Options{
		Convert: r.Convert,
		Zone:    zone,
		Progress: func(bytes int64) {
			progress.Add(bytes - last)
			last = bytes
		},
		Reject: func(r importer.Rejection) {
			if shown++; shown <= maxShownRejections {
				env.Say("line %d rejected: %s: %s", r.Line, r.Reason, r.Detail)
			}
		},
	})
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	if err != nil {
		return nil, fault.New(fault.Failed, "cannot import "+file.Name(), err, "give "+set.file)
	}
	if more := shown - maxShownRejections; more > 0 {
		env.Say("%d more rejected", more)
	}
	if im.Summary.Events == 0 {
		return nil, fault.New(fault.Failed, fmt.Sprintf("nothing in %s can be imported: %s rows, all rejected", file.Name(), console.Count(int64(im.Summary.Rows))), nil, "give "+set.file)
	}
	return im, nil
}
