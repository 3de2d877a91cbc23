package app

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"globalmart/internal/batch"
	"globalmart/internal/fault"
	"globalmart/internal/rules"
	"globalmart/internal/store/postgres"
	"globalmart/internal/warehouse"
	"globalmart/internal/warehouse/change"
	"globalmart/internal/warehouse/mart"
	"globalmart/internal/warehouse/mongodb"
)

// mirrors are the copies of a warehouse that its runs bring along.
type mirrors struct {
	all          []warehouse.Mirror
	files        *change.Reader // nil without any
	closeMongoDB func() error   // nil if none is in one
}

// openMirrors opens those that o asks for: the marts, where the live tables are in
// PostgreSQL, and the MongoDB that the warehouse is served from. The caller closes them.
func (p *platform) openMirrors(ctx context.Context, o BatchOptions) (*mirrors, error) {
	m := &mirrors{}
	if !p.src.onPostgres() && o.mongodb == "" {
		return m, nil
	}
	var err error
	if m.files, err = change.Open(ctx, o.Warehouse); err != nil {
		return nil, fmt.Errorf("read the warehouse: %w", err)
	}
	if p.src.onPostgres() {
		marts, err := p.marts(m.files)
		if err != nil {
			return nil, errors.Join(err, m.close())
		}
		m.all = append(m.all, marts)
	}
	if o.mongodb != "" {
		w, err := openMongoDB(o.mongodb)
		if err != nil {
			return nil, errors.Join(err, m.close())
		}
		m.closeMongoDB = func() error { return w.Close(context.WithoutCancel(ctx)) }
		m.all = append(m.all, mongodb.NewMirror(w, m.files, warehouseShapes(), time.Now))
	}
	return m, nil
}

// marts returns the copies in schema mart of the database of the live tables.
func (p *platform) marts(files *change.Reader) (*mart.Marts, error) {
	digits, known := rules.Exponent(p.rules.Currency)
	if !known {
		return nil, fmt.Errorf("currency %q is not in ISO 4217", p.rules.Currency)
	}
	return mart.New(mart.Config{
		Dial:    func(ctx context.Context) (*pgx.Conn, error) { return postgres.Dial(ctx, p.src.Store) },
		Explain: postgres.Explain, Files: files, Shapes: warehouseShapes(), Currency: p.rules.Currency, Digits: digits,
	})
}

// warehouseShapes are the tables of the warehouse.
func warehouseShapes() []warehouse.Shape {
	var all []warehouse.Shape
	for _, t := range batch.Graph() {
		all = append(all, t.Shape())
	}
	return all
}

func (m *mirrors) close() error {
	var errs []error
	if m.files != nil {
		errs = append(errs, m.files.Close())
	}
	if m.closeMongoDB != nil {
		errs = append(errs, m.closeMongoDB())
	}
	return errors.Join(errs...)
}

// mirrorFault is what a person can do about copies that a run could not bring along.
func mirrorFault(ctx context.Context, err error) error {
	const what = "the jobs are done, but a copy of the warehouse is not"
	if ctx.Err() != nil {
		return fault.New(fault.Interrupted, "interrupted: "+what, err, "run it again: nothing is made anew, only copied")
	}
	fix := "mend what it says, then run it again: nothing is made anew, only copied"
	if e, ok := errors.AsType[*postgres.Error](err); ok {
		fix = e.Fix + "; then run it again: nothing is made anew, only copied"
	}
	return fault.New(fault.Failed, what, err, fix)
}
