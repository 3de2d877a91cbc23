package sqlite

import (
	"context"
	"database/sql"
	_ "embed"
	"fmt"

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
	err := s.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(putReport, string(r.Kind), r.Owner, int64(r.At), int64(r.Until), r.Body)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: put the %s report of %s: %w", r.Kind, r.Owner, err)
	}
	return nil
}

// Reports implements desk.Store.
func (s *Store) Reports(ctx context.Context, kind store.ReportKind, now event.Time) (reports []store.Report, err error) {
	args := []any{sql.Named("kind", string(kind)), sql.Named("now", int64(now))}
	err = s.read(ctx, listReports, args, func(rows *sql.Rows) error {
		var r store.Report
		err := rows.Scan(&r.Kind, &r.Owner, &r.At, &r.Until, &r.Body)
		reports = append(reports, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list %s reports: %w", kind, err)
	}
	return reports, nil
}

// PruneReports deletes the reports that did not hold any more at before, and returns how
// many.
func (s *Store) PruneReports(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "reports", before, pruneRows, pruneReports)
}

// AddErrand implements desk.Store.
func (s *Store) AddErrand(ctx context.Context, e store.Errand) error {
	err := s.writer.do(ctx, func(t *tx) error {
		_, err := t.exec(addErrand, string(e.Kind), e.Subject, int64(e.Asked), int64(e.Until))
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlite: ask for %s %s: %w", e.Kind, e.Subject, err)
	}
	return nil
}

// TakeErrands implements desk.Store.
func (s *Store) TakeErrands(ctx context.Context) (taken []store.Errand, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		taken = nil
		return t.query(takeErrands, 1, nil, func(rows *sql.Rows) error {
			var e store.Errand
			err := rows.Scan(&e.Kind, &e.Subject, &e.Asked, &e.Until)
			taken = append(taken, e)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: take errands: %w", err)
	}
	return taken, nil
}
