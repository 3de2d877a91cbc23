package api

import (
	"cmp"
	"context"
	"fmt"
	"strconv"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/warehouse"
)

type migrationInput struct {
	Days string `query:"days" enum:"1,7,30,90" doc:"How long before the as-of date the customers were in from. Default 7. Not together with from and to."`
	From string `query:"from" example:"2026-02-20" doc:"Instead: the first of two days of the shop, as of the beginning of each, at most 90 days before the as-of date."`
	To   string `query:"to" example:"2026-03-02" doc:"The second, at most the as-of date. Absent: the as-of date."`
}

// defaultMigrationDays are a week, whose weekdays are those of the week before.
const defaultMigrationDays = "7"

// SegmentMove is how many customers went from one segment to another, or stayed.
type SegmentMove struct {
	From      *string `json:"from" doc:"Segment then; null is none: no order in the 365 days before."`
	To        *string `json:"to" doc:"Segment on the second day; null is none."`
	Customers int64   `json:"customers"`
}

// Migration is how customers changed their segments.
type Migration struct {
	AsOf  string        `json:"as_of_date" format:"date"`
	From  string        `json:"from_date" format:"date" doc:"The first of the two days that are compared."`
	To    string        `json:"to_date" format:"date" doc:"The second."`
	Days  int           `json:"days" doc:"Between them."`
	Known bool          `json:"known" doc:"false where the daily segments do not reach back so far: then there are no moves."`
	Moves []SegmentMove `json:"moves" nullable:"false" doc:"By the names of the segments."`
}

func (a *API) addMigration() {
	op := huma.Operation{
		OperationID: "segment-migration", Path: "/api/v1/customers/migration", Tags: []string{"customers"},
		Summary: "How customers changed their segments",
		Description: "From which segment to which: between a day 1, 7, 30 or 90 days before the last batch run's as-of date and that date, or between any two days from and to of the 90 before it. " +
			"Every customer with a segment on one of both days is in one move.",
	}
	from, to := "Loyal Customers", "Champions"
	answerFrom(a, op, sourceWarehouse, Migration{
		AsOf: exampleState.AsOf, From: "2026-02-23", To: exampleState.AsOf, Days: 7, Known: true, Moves: []SegmentMove{{&from, &to, 811}, {nil, &to, 12}},
	}, a.migration)
}

func (a *API) migration(ctx context.Context, in *migrationInput) (reply[Migration], error) {
	state, err := a.deps.Warehouse.State(ctx)
	if err != nil {
		return reply[Migration]{}, warehouseProblem("migration", err)
	}
	q, out, err := migrationOf(in, state)
	if err != nil {
		return reply[Migration]{}, err
	}
	found, err := a.deps.Warehouse.Migration(ctx, q)
	if err != nil {
		return reply[Migration]{}, warehouseProblem("migration", err)
	}
	out.Known, out.Moves = len(found.Rows) > 0, make([]SegmentMove, len(found.Rows))
	for i, m := range found.Rows {
		out.Moves[i] = SegmentMove{known(m.From), known(m.To), m.Customers}
	}
	return fromWarehouse(a, found.State, out)
}

// migrationOf is what is asked of a run, and what is known of the answer before it.
func migrationOf(in *migrationInput, s warehouse.State) (warehouse.MigrationQuery, Migration, error) {
	last, err := time.Parse(time.DateOnly, s.AsOf)
	if err != nil {
		return warehouse.MigrationQuery{}, Migration{}, fmt.Errorf("api: migration: as-of date of run %s: %w", s.Run, err)
	}
	q, out := warehouse.MigrationQuery{Run: s.Run}, Migration{AsOf: s.AsOf, From: in.From, To: cmp.Or(in.To, s.AsOf)}
	if in.From == "" && in.To == "" {
		text := cmp.Or(in.Days, defaultMigrationDays)
		if out.Days, err = strconv.Atoi(text); err != nil {
			return q, out, invalid(wrong("days", text, "expected a number of days"))
		}
		q.Days, out.From = out.Days, last.AddDate(0, 0, -out.Days).Format(time.DateOnly)
		return q, out, nil
	}
	if err := betweenSegments(in, out.To, last); err != nil {
		return q, out, err
	}
	q.From, q.To = out.From, out.To
	out.Days = int(dayOf(out.To).Sub(dayOf(out.From)) / (24 * time.Hour))
	return q, out, nil
}

// betweenSegments says what is wrong with the days of in, of which the second is to,
// where the last one that is known is last.
func betweenSegments(in *migrationInput, to string, last time.Time) error {
	first := last.AddDate(0, 0, -warehouse.SegmentDays).Format(time.DateOnly)
	switch {
	case in.Days != "":
		return invalid(wrong("days", in.Days, "not together with from or to"))
	case in.From == "":
		return invalid(wrong("to", in.To, "needs from"))
	case dayOf(in.From).IsZero():
		return invalid(wrong("from", in.From, "expected a day of the shop (2026-03-01)"))
	case dayOf(to).IsZero():
		return invalid(wrong("to", to, "expected a day of the shop (2026-03-01)"))
	case in.From < first:
		return invalid(wrong("from", in.From, "segments are kept for %d days: the first day that can be asked for is %s", warehouse.SegmentDays, first))
	case to > last.Format(time.DateOnly):
		return invalid(wrong("to", to, "the last batch run is as of %s: no later day is known", last.Format(time.DateOnly)))
	case in.From >= to:
		return invalid(wrong("from", in.From, "must be before to (%s)", to))
	}
	return nil
}

// dayOf is the day that a text says, in UTC, or the zero time.
func dayOf(text string) time.Time {
	t, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return time.Time{}
	}
	return t
}
