package postgres

import (
	"context"
	_ "embed"
	"fmt"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// The statements of reports and errands, one a file.
var (
	//go:embed query/put_report.sql
	putReport string
	//go:embed query/list_reports.sql
	listReports string
	//go:embed query/prune_reports.sql
	pruneReports string
	//go:embed query/add_errand.sql
	addErrand string
	//go:embed query/take_errands.sql
	takeErrands string
)

// PutReport implements desk.Store.
func (s *Store) PutReport(ctx context.Context, r store.Report) error {
	err := s.do(ctx, func(t *tx) error {
		t.queue(putReport, string(r.Kind), r.Owner, int64(r.At), int64(r.Until), r.Body)
		return t.send()
	})
	if err != nil {
		return fmt.Errorf("postgres: put the %s report of %s: %w", r.Kind, r.Owner, err)
	}
	return nil
}

// Reports implements desk.Store.
func (s *Store) Reports(ctx context.Context, kind store.ReportKind, now event.Time) ([]store.Report, error) {
	reports, err := list(ctx, s, func(row pgx.Rows) (r store.Report, err error) {
		err = row.Scan(&r.Kind, &r.Owner, &r.At, &r.Until, &r.Body)
		return r, err
	}, listReports, named{"kind": string(kind), "now": int64(now)})
	if err != nil {
		return nil, fmt.Errorf("postgres: list %s reports: %w", kind, err)
	}
	return reports, nil
}

// PruneReports deletes the reports that did not hold any more at before, and returns how
// many.
func (s *Store) PruneReports(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "reports", before, pruneReports)
}

// AddErrand implements desk.Store.
func (s *Store) AddErrand(ctx context.Context, e store.Errand) error {
	err := s.do(ctx, func(t *tx) error {
		t.queue(addErrand, string(e.Kind), e.Subject, int64(e.Asked), int64(e.Until))
		return t.send()
	})
	if err != nil {
		return fmt.Errorf("postgres: ask for %s %s: %w", e.Kind, e.Subject, err)
	}
	return nil
}

// TakeErrands implements desk.Store.
func (s *Store) TakeErrands(ctx context.Context) (taken []store.Errand, err error) {
	err = s.do(ctx, func(t *tx) error {
		taken = nil
		t.query(func(row pgx.Rows) error {
			var e store.Errand
			err := row.Scan(&e.Kind, &e.Subject, &e.Asked, &e.Until)
			taken = append(taken, e)
			return err
		}, takeErrands)
		return t.send()
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: take errands: %w", err)
	}
	return taken, nil
}
