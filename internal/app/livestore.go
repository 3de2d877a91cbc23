package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"strings"

	"globalmart/internal/alert"
	"globalmart/internal/alert/notify"
	"globalmart/internal/datadir"
	"globalmart/internal/desk"
	"globalmart/internal/engine"
	"globalmart/internal/event"
	"globalmart/internal/fault"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
	"globalmart/internal/schedule"
	"globalmart/internal/store"
	"globalmart/internal/store/postgres"
	"globalmart/internal/store/sqlite"
)

// liveStore is the live tables as the platform uses them: what each part declares
// that it needs, together. Every implementation passes storetest.
type liveStore interface {
	engine.Ledger[*store.Changes]
	alert.Store
	notify.Store
	schedule.Store
	keys.Store
	desk.Store

	// Of the API.
	SalesTotals(ctx context.Context, from, to event.Time, country, category string) (store.Sales, error)
	SalesSplit(ctx context.Context, q store.SplitQuery) ([]store.SalesPart, error)
	StockList(ctx context.Context, q store.StockQuery) ([]store.StockItem, error)
	StockRisk(ctx context.Context, q store.RiskQuery) ([]store.RiskItem, error)
	StockTotals(ctx context.Context) (store.StockTotals, error)
	Stock(ctx context.Context, id string) (store.Stock, error)
	Products(ctx context.Context, ids []string) (map[string]store.Product, error)
	Customer(ctx context.Context, id string) (store.Customer, error)
	SessionList(ctx context.Context, q store.SessionQuery) ([]store.SessionRow, error)
	SessionTotals(ctx context.Context, from, to event.Time, country string) (store.SessionTotals, error)
	OpenTotals(ctx context.Context) (store.Open, error)
	CartList(ctx context.Context, q store.CartQuery) ([]store.CartRow, error)
	CartTotals(ctx context.Context, c store.CartScope) (map[store.CartStatus]store.CartTotals, error)
	FindingList(ctx context.Context, q store.FindingQuery) ([]store.FindingRow, error)
	Alerts(ctx context.Context, q store.AlertQuery) ([]store.Alert, error)
	DeadLetterList(ctx context.Context, q store.DeadLetterQuery) ([]store.DeadLetter, error)
	DeadLetter(ctx context.Context, topic string, partition int32, offset int64) (store.DeadLetter, error)
	DeadLetterCounts(ctx context.Context) ([]store.DeadLetterCount, error)
	DeadLetterHours(ctx context.Context, since event.Time) ([]store.DeadLetterHour, error)
	OpenAlertCounts(ctx context.Context) (map[store.AlertKind]map[store.AlertLevel]int64, error)

	// Of the commands.
	View(ctx context.Context) (store.View, error)
	ReplayNeeds(ctx context.Context) ([]store.ReplayNeed, error)
	Deliveries(ctx context.Context, limit int) ([]store.Delivery, error)
	JobRuns(ctx context.Context, q store.JobRunQuery) ([]store.JobRun, error)

	// Of housekeeping.
	PruneMinutes(ctx context.Context, before event.Time) (int64, error)
	PruneSessions(ctx context.Context, before event.Time) (int64, error)
	PruneCarts(ctx context.Context, before event.Time) (int64, error)
	PruneFindings(ctx context.Context, before event.Time) (int64, error)
	PruneAlerts(ctx context.Context, before event.Time) (int64, error)
	PruneJobRuns(ctx context.Context, before event.Time) (int64, error)
	PruneReports(ctx context.Context, before event.Time) (int64, error)
	FoldLedger(ctx context.Context, before event.Time) (int64, error)

	Close() error
}

var (
	_ liveStore = (*sqlite.Store)(nil)
	_ liveStore = (*postgres.Store)(nil)
)

// onPostgres reports whether the live tables are in PostgreSQL.
func (s *Source) onPostgres() bool {
	return strings.HasPrefix(s.Store, "postgres://") || strings.HasPrefix(s.Store, "postgresql://")
}

// storeName is where the live tables are, for people: without a password.
func (p *platform) storeName() (string, error) {
	if !p.src.onPostgres() {
		return p.storePath()
	}
	u, err := url.Parse(p.src.Store)
	if err != nil {
		return "postgres", nil //nolint:nilerr // opening it says what is wrong, and the text may show the password
	}
	return "postgres://" + u.Host + u.Path, nil
}

// storePath is the file of the live tables.
func (p *platform) storePath() (string, error) {
	if p.src.Store == "" {
		return datadir.Layout(p.src.Data).Store(), nil
	}
	path, ok := strings.CutPrefix(p.src.Store, "sqlite:")
	if !ok || path == "" {
		scheme, _, _ := strings.Cut(p.src.Store, ":") // what follows may be a password
		return "", fault.New(fault.Usage, "--store "+scheme+": not a store that this build knows", nil,
			"use sqlite:PATH or postgres://user:password@host:5432/database?sslmode=verify-full")
	}
	return path, nil
}

// migrateStore brings the schema of the live tables up to date, and tells the version
// before and after.
func (p *platform) migrateStore(ctx context.Context) (from, to int64, err error) {
	if p.src.onPostgres() {
		m, err := postgres.Migrate(ctx, p.src.Store)
		if err != nil {
			return 0, 0, postgresFault("cannot prepare the live tables", err)
		}
		return m.From, m.To, nil
	}
	path, err := p.storePath()
	if err != nil {
		return 0, 0, err
	}
	if err := makeFolder(path); err != nil {
		return 0, 0, err
	}
	m, err := sqlite.Migrate(ctx, path)
	if err != nil {
		return 0, 0, prepareFault(path, err)
	}
	return m.From, m.To, nil
}

// openStore opens the live tables; with migrate it first brings their schema up
// to date.
func (p *platform) openStore(ctx context.Context, migrate bool) (liveStore, error) {
	if p.src.onPostgres() {
		return p.openPostgres(ctx, migrate)
	}
	path, err := p.storePath()
	if err != nil {
		return nil, err
	}
	if migrate {
		if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
			if err := p.needBeginning(ctx, path); err != nil {
				return nil, err
			}
		}
		if _, _, err := p.migrateStore(ctx); err != nil {
			return nil, err
		}
	}
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil, fault.New(fault.NotFound, "there are no live tables at "+path, nil, "name the directory of an up or an import with --data; `globalmart migrate` makes empty tables")
	}
	s, err := sqlite.Open(ctx, path)
	if err != nil {
		return nil, storeFault("cannot open the live tables", path, err,
			"`globalmart migrate` brings an older schema up to date; if the file is damaged, `globalmart stream rebuild` makes it anew from the lake and the log")
	}
	return s, nil
}

func (p *platform) openPostgres(ctx context.Context, migrate bool) (liveStore, error) {
	if migrate {
		if _, _, err := p.migrateStore(ctx); err != nil {
			return nil, err
		}
	}
	s, err := postgres.Open(ctx, p.src.Store)
	if err != nil {
		return nil, postgresFault("cannot open the live tables", err)
	}
	if migrate && p.broker != nil {
		begun, err := s.Begun(ctx)
		if err == nil && !begun {
			err = p.needBeginning(ctx, "PostgreSQL")
		}
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
	}
	return s, nil
}

// postgresFault is what a person can do about live tables in PostgreSQL that cannot
// be used for what.
func postgresFault(what string, err error) error {
	fix := "see docs/operations.md, PostgreSQL"
	if e, ok := errors.AsType[*postgres.Error](err); ok {
		fix = e.Fix
	}
	return fault.New(fault.Failed, what, err, fix)
}

// needBeginning refuses to begin new live tables, at where, on a log of this process
// that was trimmed: they would lack what came before.
func (p *platform) needBeginning(ctx context.Context, where string) error {
	if p.broker == nil {
		return nil
	}
	starts, err := kafka.LogStarts(ctx, p.kafka, engineTopics()...)
	if err != nil {
		return p.kafkaFault(err)
	}
	for topic, partitions := range starts {
		for n, start := range partitions {
			if start > 0 {
				return fault.New(fault.Failed, fmt.Sprintf("there are no live tables at %s, and the log no longer holds the first %d records of %s[%d]", where, start, topic, n), nil,
					"make them anew from the lake with `globalmart stream rebuild --data "+p.src.Data+"`")
			}
		}
	}
	return nil
}
