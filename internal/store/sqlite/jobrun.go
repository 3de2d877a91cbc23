package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// LeadSchedule implements schedule.Store.
func (s *Store) LeadSchedule(ctx context.Context, owner string, now event.Time, ttl time.Duration) (epoch int64, held bool, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		err := t.queryRow(leadSchedule, []any{
			sql.Named("owner", owner), sql.Named("expires", int64(now.Add(ttl))), sql.Named("now", int64(now)),
		}, &epoch)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		held = err == nil
		return err
	})
	if err != nil {
		return 0, false, fmt.Errorf("sqlite: take the lead of the schedule: %w", err)
	}
	return epoch, held, nil
}

// mustLeadSchedule returns store.ErrFenced unless epoch is that of the schedule, or
// 0: what is started by hand needs no lead.
func (t *tx) mustLeadSchedule(epoch int64) error {
	if epoch == 0 {
		return nil
	}
	var current int64
	err := t.queryRow(getScheduleEpoch, nil, &current)
	if errors.Is(err, sql.ErrNoRows) || err == nil && current != epoch {
		return store.ErrFenced
	}
	return err
}

// StartRun implements schedule.Store.
func (s *Store) StartRun(ctx context.Context, r store.JobRun) (id int64, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		if err := t.mustLeadSchedule(r.Epoch); err != nil {
			return err
		}
		if _, err := t.loseRuns(r.Started); err != nil {
			return err
		}
		running, err := t.jobRuns(getRunningJob)
		if err != nil {
			return err
		}
		if len(running) > 0 {
			return &store.RunningError{Run: running[0]}
		}
		return t.queryRow(startJobRun, []any{r.Job, r.Date, int64(r.Due), r.Attempt, r.Epoch, r.Owner, int64(r.Started), int64(r.Until)}, &id)
	})
	if err != nil {
		return 0, fmt.Errorf("sqlite: start %s for %s: %w", r.Job, r.Date, err)
	}
	return id, nil
}

// KeepRun implements schedule.Store.
func (s *Store) KeepRun(ctx context.Context, id int64, until event.Time) error {
	err := s.writer.do(ctx, func(t *tx) error {
		return t.mustChange(keepJobRun, sql.Named("run", id), sql.Named("until", int64(until)))
	})
	if err != nil {
		return fmt.Errorf("sqlite: keep run %d: %w", id, err)
	}
	return nil
}

// FinishRun implements schedule.Store.
func (s *Store) FinishRun(ctx context.Context, r store.JobRun) error {
	err := s.writer.do(ctx, func(t *tx) error {
		if err := t.mustLeadSchedule(r.Epoch); err != nil {
			return err
		}
		return t.mustChange(finishJobRun, sql.Named("run", r.ID), sql.Named("due", int64(r.Due)), sql.Named("status", string(r.Status)),
			sql.Named("finished", int64(r.Finished)), sql.Named("rows_in", r.RowsIn), sql.Named("rows_out", r.RowsOut),
			sql.Named("bytes", r.Bytes), sql.Named("engine", r.Engine), sql.Named("error", r.Error), sql.Named("stages", r.StagesText()))
	})
	if err != nil {
		return fmt.Errorf("sqlite: finish run %d, %s for %s: %w", r.ID, r.Job, r.Date, err)
	}
	return nil
}

// mustChange runs a statement on a run that is under way; store.ErrFenced if it is
// not any more.
func (t *tx) mustChange(text string, args ...any) error {
	changed, err := t.exec(text, args...)
	if err == nil && changed == 0 {
		return store.ErrFenced
	}
	return err
}

// LoseRuns implements schedule.Store.
func (s *Store) LoseRuns(ctx context.Context, epoch int64, now event.Time) (lost []store.JobRun, err error) {
	err = s.writer.do(ctx, func(t *tx) error {
		if err := t.mustLeadSchedule(epoch); err != nil {
			return err
		}
		lost, err = t.loseRuns(now)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: mark lost runs: %w", err)
	}
	return lost, nil
}

func (t *tx) loseRuns(now event.Time) ([]store.JobRun, error) {
	return t.jobRuns(loseJobRuns, sql.Named("now", int64(now)))
}

func (t *tx) jobRuns(text string, args ...any) (runs []store.JobRun, err error) {
	err = t.query(text, 1, args, func(rows *sql.Rows) error {
		r, err := scanJobRun(rows)
		runs = append(runs, r)
		return err
	})
	return runs, err
}

func scanJobRun(rows *sql.Rows) (r store.JobRun, err error) {
	var stages string
	if err := rows.Scan(&r.ID, &r.Job, &r.Date, &r.Due, &r.Attempt, &r.Epoch, &r.Owner, &r.Status, &r.Started, &r.Until, &r.Finished,
		&r.RowsIn, &r.RowsOut, &r.Bytes, &r.Engine, &r.Error, &stages); err != nil {
		return r, err
	}
	return r, r.SetStages(stages)
}

// JobState implements schedule.Store.
func (s *Store) JobState(ctx context.Context, job string) (state store.JobState, err error) {
	for text, into := range map[string]*store.JobRun{getLastJobRun: &state.Last, getDoneJobRun: &state.Done, getNewestJobRun: &state.Newest} {
		err := s.read(ctx, text, []any{job}, func(rows *sql.Rows) (err error) {
			*into, err = scanJobRun(rows)
			return err
		})
		if err != nil {
			return store.JobState{}, fmt.Errorf("sqlite: state of job %s: %w", job, err)
		}
	}
	return state, nil
}

// JobRuns returns the runs of q, those that were started last first.
func (s *Store) JobRuns(ctx context.Context, q store.JobRunQuery) (runs []store.JobRun, err error) {
	args := []any{sql.Named("before", q.Before), sql.Named("job", q.Job), sql.Named("limit", int64(q.Limit))}
	err = s.read(ctx, listJobRuns, args, func(rows *sql.Rows) error {
		r, err := scanJobRun(rows)
		runs = append(runs, r)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sqlite: list job runs: %w", err)
	}
	return runs, nil
}

// PruneJobRuns deletes the runs that began before before, but for the newest ones of
// each job, and returns how many.
func (s *Store) PruneJobRuns(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "job runs", before, pruneRows, pruneJobRuns)
}
