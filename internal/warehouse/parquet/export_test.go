package parquet

import "context"

// Together lists the keys of a paged table of the newest run whose rows follow one
// another, so that pages of them need no query.
func (r *Reader) Together(ctx context.Context, table string) ([]string, error) {
	l := customersOfSegment
	if table == productsOfCategory.table {
		l = productsOfCategory
	}
	m, err := r.manifest("")
	if err != nil {
		return nil, err
	}
	x := r.index(r.w.Path(m.Tables[table].Files[0]))
	if err := x.make(ctx, r.db, l); err != nil {
		return nil, err
	}
	var keys []string
	for key := range x.rows {
		keys = append(keys, key)
	}
	return keys, nil
}
