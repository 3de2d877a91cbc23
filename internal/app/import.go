package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"slices"
	"time"

	"globalmart/internal/console"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
)

// onlineRetailRules are the rules of a directory that begins with the Online
// Retail data set: a British shop.
func onlineRetailRules() *rules.Rules {
	r := rules.Default()
	r.Currency, r.TimeZone = "GBP", "Europe/London"
	r.Rates = nil
	return &r
}

// maxShownRejections bounds the rejected rows that are told one by one.
const maxShownRejections = 10

// importReport is the result of an import: what the file held, and what the
// stream made of it.
type importReport struct {
	importer.Summary
	Stream struct {
		Applied    int64 `json:"applied"`
		Duplicates int64 `json:"duplicates"`
		Dead       int64 `json:"dead"`
		TooOld     int64 `json:"too_old"`
	} `json:"stream"`
	Seconds float64 `json:"seconds"`
}

// ImportOnlineRetail sends the data set through the log and waits until the
// stream has made all of it durable.
func ImportOnlineRetail(ctx context.Context, env Env, o ImportOptions) error {
	started := time.Now()
	file, size, err := openData(o.File)
	if err != nil {
		return err
	}
	defer file.Close()
	p, err := open(ctx, env, o.Source, "import", onlineRetailRules())
	if err != nil {
		return err
	}
	defer p.close()
	im, err := readOnlineRetail(ctx, env, p.rules, file, size)
	if err != nil {
		return err
	}
	if err := p.ensureTopics(ctx); err != nil {
		return err
	}
	if err := p.checkEmptyBefore(ctx, im.Summary.First); err != nil {
		return err
	}
	report := importReport{Summary: im.Summary}
	if err := p.sendAndApply(ctx, im, &report); err != nil {
		return err
	}
	report.Seconds = time.Since(started).Seconds()
	return env.Show(report, func() console.Grid { return importGrid(&report) })
}

func openData(path string) (*os.File, int64, error) {
	file, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, 0, fault.New(fault.NotFound, "there is no file "+path, nil, "give the path of the data set's CSV file, plain or .xz")
	}
	if err != nil {
		return nil, 0, fault.New(fault.Failed, "cannot read "+path, err, "make the file readable")
	}
	info, err := file.Stat()
	if err != nil {
		return nil, 0, fault.New(fault.Failed, "cannot read "+path, err, "make the file readable")
	}
	return file, info.Size(), nil
}

func readOnlineRetail(ctx context.Context, env Env, r rules.Rules, file *os.File, size int64) (*importer.Import, error) {
	progress := env.Progress("read", "bytes", size)
	defer progress.Done()
	shown, last := 0, int64(0)
	im, err := importer.OnlineRetail(ctx, file, importer.Options{
		Convert: r.Convert,
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
	if err != nil {
		return nil, fault.New(fault.Failed, "cannot import "+file.Name(), err, "give the Online Retail data set as CSV with its header line, plain or compressed by xz")
	}
	return im, nil
}

// checkEmptyBefore refuses an import into a log that holds later records: the
// stream would take the import for too old. Importing the same again is fine as
// far as it goes: it is recognised by its event ids.
func (p *platform) checkEmptyBefore(ctx context.Context, first event.Time) error {
	s, err := p.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	asOf, err := s.AsOf(ctx)
	if err != nil {
		return err
	}
	if asOf.RecordTime > first {
		return fault.New(fault.Failed, fmt.Sprintf("the log already holds records up to %s, later than the data set's first of %s", asOf.RecordTime, first), nil,
			"import into a fresh directory: --data NEWDIR")
	}
	return nil
}

// sendAndApply produces the events and waits for the stream: one of this process
// unless an `up` runs on the directory.
func (p *platform) sendAndApply(ctx context.Context, im *importer.Import, report *importReport) error {
	s, err := p.openStore(ctx, true)
	if err != nil {
		return err
	}
	defer s.Close()
	w, err := p.newWorker(s, snapshotEvery, nil)
	if err != nil {
		return err
	}
	run, stop := context.WithCancel(ctx)
	defer stop()
	ended := make(chan error, 1)
	go func() { ended <- w.Run(run) }()

	if err := p.produce(ctx, im); err != nil {
		return err
	}
	ends, err := kafka.LogEnds(ctx, p.kafka, engineTopics()...)
	if err != nil {
		return err
	}
	reached := make(chan error, 1)
	go func() { reached <- waitReached(run, w, ends) }()
	select {
	case err = <-reached:
	case err = <-ended:
		return err
	}
	stop()
	if stopped := <-ended; err == nil {
		err = stopped
	}
	c := applied(w.Status())
	report.Stream.Applied, report.Stream.Duplicates, report.Stream.Dead, report.Stream.TooOld = c.Applied, c.Duplicate, c.Dead, c.TooOld
	return err
}

// produce sends the events of im and waits until they are acknowledged.
func (p *platform) produce(ctx context.Context, im *importer.Import) error {
	producer, err := kafka.NewProducer(p.kafka, kafka.Bulk)
	if err != nil {
		return err
	}
	defer producer.Close()
	progress := p.env.Progress("send", "events", int64(im.Summary.Events))
	defer progress.Done()
	var buf []byte
	for e := range im.Events() {
		buf = e.AppendJSON(buf[:0])
		if err := producer.Send(ctx, e.Type.Topic(), e.Key(), buf, e.ReceivedAt); err != nil {
			return err
		}
		progress.Add(1)
	}
	return producer.Flush(ctx)
}

func importGrid(r *importReport) console.Grid {
	money := func(m event.Minor) string { return fmt.Sprintf("%s %d.%02d", r.Currency, m/100, m%100) }
	g := console.Grid{Header: []string{"online retail", ""}, Rows: [][]any{
		{"rows", r.Rows},
		{"orders", r.Orders},
		{"refunds", r.Refunds},
		{"stock adjustments", r.Adjustments},
		{"revenue", money(r.RevenueMinor)},
		{"refunded", money(r.RefundedMinor)},
		{"net revenue", money(r.RevenueMinor - r.RefundedMinor)},
		{"customers known by id", r.Customers},
		{"products", r.Products},
		{"from", r.First.String()},
		{"to", r.Last.String()},
	}}
	for _, reason := range slices.Sorted(maps.Keys(r.Rejected)) {
		g.Rows = append(g.Rows, []any{"rows rejected: " + string(reason), r.Rejected[reason]})
	}
	g.Rows = append(g.Rows,
		[]any{"events applied by the stream", r.Stream.Applied},
		[]any{"events recognised as duplicates", r.Stream.Duplicates},
		[]any{"dead letters", r.Stream.Dead},
		[]any{"seconds", fmt.Sprintf("%.1f", r.Seconds)})
	return g
}
