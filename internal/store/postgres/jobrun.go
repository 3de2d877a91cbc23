package postgres

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// LeadSchedule implements schedule.Store.
func (s *Store) LeadSchedule(ctx context.Context, owner string, now event.Time, ttl time.Duration) (epoch int64, held bool, err error) {
	err = s.do(ctx, func(t *tx) error {
		held = false
		t.query(func(row pgx.Rows) error {
			held = true
			return row.Scan(&epoch)
		}, leadSchedule, named{"owner": owner, "expires": int64(now.Add(ttl)), "now": int64(now)})
		return t.send()
	})
	if err != nil {
		return 0, false, fmt.Errorf("postgres: take the lead of the schedule: %w", err)
	}
	return epoch, held, nil
}

// leadSchedule makes sure that epoch is that of the schedule until the transaction
// ends, or 0: what is started by hand needs no lead. It is store.ErrFenced if not.
func (t *tx) leadSchedule(epoch int64) error {
	if epoch == 0 {
		return nil
	}
	return t.mustFind(holdSchedule, epoch)
}

// StartRun implements schedule.Store.
func (s *Store) StartRun(ctx context.Context, r store.JobRun) (id int64, err error) {
	err = s.do(ctx, func(t *tx) error {
		if err := t.leadSchedule(r.Epoch); err != nil {
			return err
		}
		t.queue(lockJobRuns)
		t.queue(loseJobRuns, named{"now": int64(r.Started)})
		running, err := t.jobRuns(getRunningJob)
		if err != nil {
			return err
		}
		if len(running) > 0 {
			return &store.RunningError{Run: running[0]}
		}
		t.query(func(row pgx.Rows) error { return row.Scan(&id) }, startJobRun,
			r.Job, r.Date, int64(r.Due), r.Attempt, r.Epoch, r.Owner, int64(r.Started), int64(r.Until))
		return t.send()
	})
	if err != nil {
		return 0, fmt.Errorf("postgres: start %s for %s: %w", r.Job, r.Date, err)
	}
	return id, nil
}

// KeepRun implements schedule.Store.
func (s *Store) KeepRun(ctx context.Context, id int64, until event.Time) error {
	err := s.do(ctx, func(t *tx) error {
		return t.mustChange(keepJobRun, named{"run": id, "until": int64(until)})
	})
	if err != nil {
		return fmt.Errorf("postgres: keep run %d: %w", id, err)
	}
	return nil
}

// FinishRun implements schedule.Store.
func (s *Store) FinishRun(ctx context.Context, r store.JobRun) error {
	err := s.do(ctx, func(t *tx) error {
		if err := t.leadSchedule(r.Epoch); err != nil {
			return err
		}
		return t.mustChange(finishJobRun, named{
			"run": r.ID, "due": int64(r.Due), "status": string(r.Status), "finished": int64(r.Finished), "rows_in": r.RowsIn,
			"rows_out": r.RowsOut, "bytes": r.Bytes, "engine": r.Engine, "error": storable(r.Error), "stages": r.StagesText(),
		})
	})
	if err != nil {
		return fmt.Errorf("postgres: finish run %d, %s for %s: %w", r.ID, r.Job, r.Date, err)
	}
	return nil
}

// mustChange runs a statement on a run that is under way; store.ErrFenced if it is
// not any more.
func (t *tx) mustChange(text string, args named) error {
	var changed int64
	t.exec(&changed, text, args)
	if err := t.send(); err != nil {
		return err
	}
	if changed == 0 {
		return store.ErrFenced
	}
	return nil
}

// LoseRuns implements schedule.Store.
func (s *Store) LoseRuns(ctx context.Context, epoch int64, now event.Time) (lost []store.JobRun, err error) {
	err = s.do(ctx, func(t *tx) error {
		if err := t.leadSchedule(epoch); err != nil {
			return err
		}
		lost, err = t.jobRuns(loseJobRuns, named{"now": int64(now)})
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("postgres: mark lost runs: %w", err)
	}
	return lost, nil
}

func (t *tx) jobRuns(text string, args ...any) (runs []store.JobRun, err error) {
	t.query(func(row pgx.Rows) error {
		r, err := scanJobRun(row)
		runs = append(runs, r)
		return err
	}, text, args...)
	err = t.send()
	return runs, err
}

func scanJobRun(row pgx.Rows) (r store.JobRun, err error) {
	var stages string
	if err := row.Scan(&r.ID, &r.Job, &r.Date, &r.Due, &r.Attempt, &r.Epoch, &r.Owner, &r.Status, &r.Started, &r.Until, &r.Finished,
		&r.RowsIn, &r.RowsOut, &r.Bytes, &r.Engine, &r.Error, &stages); err != nil {
		return r, err
	}
	return r, r.SetStages(stages)
}

// JobState implements schedule.Store.
func (s *Store) JobState(ctx context.Context, job string) (state store.JobState, err error) {
	for text, into := range map[string]*store.JobRun{getLastJobRun: &state.Last, getDoneJobRun: &state.Done, getNewestJobRun: &state.Newest} {
		err := s.read(ctx, func(row pgx.Rows) (err error) {
			*into, err = scanJobRun(row)
			return err
		}, text, job)
		if err != nil {
			return store.JobState{}, fmt.Errorf("postgres: state of job %s: %w", job, err)
		}
	}
	return state, nil
}

// JobRuns returns the runs of q, those that were started last first.
func (s *Store) JobRuns(ctx context.Context, q store.JobRunQuery) ([]store.JobRun, error) {
	runs, err := list(ctx, s, scanJobRun, listJobRuns, named{"before": q.Before, "job": q.Job, "limit": int64(q.Limit)})
	if err != nil {
		return nil, fmt.Errorf("postgres: list job runs: %w", err)
	}
	return runs, nil
}

// PruneJobRuns deletes the runs that began before before, but for the newest ones of
// each job, and returns how many.
func (s *Store) PruneJobRuns(ctx context.Context, before event.Time) (int64, error) {
	return s.prune(ctx, "job runs", before, pruneJobRuns)
}
