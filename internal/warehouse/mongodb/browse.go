package mongodb

import (
	"context"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"time"

	"go.mongodb.org/mongo-driver/v2/bson"

	"globalmart/internal/warehouse"
)

// Browser shows the collections of a warehouse as tables. It is safe for concurrent use.
type Browser struct {
	r      *Reader
	tables map[string]warehouse.Shape // as in files
}

// NewBrowser returns a browser of what r reads of these tables, as far as Copied takes
// them.
func NewBrowser(r *Reader, tables []warehouse.Shape) *Browser {
	b := &Browser{r: r, tables: map[string]warehouse.Shape{}}
	for _, t := range tables {
		if _, ok := Copied(t); ok {
			b.tables[t.Name] = t
		}
	}
	return b
}

// Tables describes every collection of the newest run, by name. Its bytes are those of
// its documents, also of those that only earlier runs have; its files are those that it
// is a copy of. The error may be [warehouse.ErrNone].
func (b *Browser) Tables(ctx context.Context) (warehouse.Answer[warehouse.TableInfo], error) {
	at, err := b.r.at(ctx, "")
	if err != nil {
		return warehouse.Answer[warehouse.TableInfo]{}, err
	}
	states, err := b.r.w.copies(ctx, inRun(at))
	if err != nil {
		return warehouse.Answer[warehouse.TableInfo]{}, err
	}
	answer := warehouse.Answer[warehouse.TableInfo]{State: at.state()}
	for _, name := range slices.Sorted(maps.Keys(at.Tables)) {
		shape, copied := b.tables[name]
		if !copied {
			continue
		}
		files := states[name].Files
		info := warehouse.TableInfo{Name: name, Files: len(files), AsOf: at.Tables[name], Columns: shape.Columns}
		for _, f := range files {
			info.Rows += f.Rows
		}
		if n := len(files); n > 0 {
			info.First, info.Last = files[0].Date, files[n-1].Date
		}
		if info.Bytes, err = b.r.w.size(ctx, name); err != nil {
			return warehouse.Answer[warehouse.TableInfo]{}, err
		}
		answer.Rows = append(answer.Rows, info)
	}
	return answer, nil
}

// size is that of the documents of a collection, before they are compressed.
func (w *Warehouse) size(ctx context.Context, collection string) (int64, error) {
	raw, err := w.db.RunCommand(ctx, bson.D{e("collStats", collection)}).Raw()
	if err != nil {
		return 0, failed("size of "+collection, err)
	}
	return record{raw}.number("size"), nil
}

// TableRows returns rows of a table. Its errors are [warehouse.ErrNoTable],
// [warehouse.ErrNone], [warehouse.ErrGone] and *[warehouse.QueryError]. Values are
// compared with values: nothing of q is read as an expression.
func (b *Browser) TableRows(ctx context.Context, q warehouse.RowsQuery) (warehouse.TableRows, error) {
	at, err := b.r.at(ctx, q.Run)
	if err != nil {
		return warehouse.TableRows{}, err
	}
	shape, known := b.tables[q.Table]
	if _, there := at.Tables[q.Table]; !there || !known {
		return warehouse.TableRows{}, fmt.Errorf("warehouse/mongodb: table %q: %w", q.Table, warehouse.ErrNoTable)
	}
	if err := q.CheckSort(shape.Columns); err != nil {
		return warehouse.TableRows{}, err
	}
	a, aged := ages[q.Table]
	var day time.Time
	if aged {
		if day, err = dayOf(q.Table, at.Tables[q.Table]); err != nil {
			return warehouse.TableRows{}, err
		}
		if q, err = a.onDates(q, shape.Columns, day); err != nil {
			return warehouse.TableRows{}, err
		}
	}
	asked, err := questionOf(&q, shape.Columns)
	if err != nil {
		return warehouse.TableRows{}, err
	}
	found, err := b.r.records(ctx, at, asked)
	if err == nil && q.Run != "" {
		_, err = b.r.at(ctx, q.Run) // what it had may have been removed meanwhile
	}
	if err != nil {
		return warehouse.TableRows{}, err
	}
	rows := make([][]any, len(found))
	for i := range found {
		if rows[i], err = rowOf(record{found[i]}, shape.Columns); err != nil {
			return warehouse.TableRows{}, fmt.Errorf("warehouse/mongodb: table %s: %w", q.Table, err)
		}
	}
	if aged {
		a.fill(rows, shape.Columns, day)
	}
	return warehouse.TableRows{State: at.state(), Columns: shape.Columns, Rows: rows}, nil
}

// questionOf is q of a table with columns as a question to MongoDB.
func questionOf(q *warehouse.RowsQuery, columns []warehouse.Column) (question, error) {
	filter := bson.A{}
	for _, c := range q.Where {
		col, value, err := c.Bind(columns)
		if err != nil {
			return question{}, err
		}
		filter = append(filter, comparison(col, c.Operator, value))
	}
	asked := question{table: q.Table, stages: stagesOf(q)}
	if len(filter) > 0 {
		asked.filter = bson.D{e("$and", filter)}
	}
	return asked, nil
}

// fieldNull is true in a document whose sorted column is null, while it is sorted.
const fieldNull = "_null"

// stagesOf sort and cut what the conditions of q take: null comes last, and equal ones
// in the order of their keys, so that pages fit together.
func stagesOf(q *warehouse.RowsQuery) []bson.D {
	var stages []bson.D
	sort := bson.D{e(fieldID, 1)}
	if q.Sort != "" {
		direction := 1
		if q.Desc {
			direction = -1
		}
		stages = append(stages, bson.D{e("$addFields", bson.D{e(fieldNull, bson.D{e("$eq", bson.A{"$" + q.Sort, nil})})})})
		sort = bson.D{e(fieldNull, 1), e(q.Sort, direction), e(fieldKey, 1)}
	}
	stages = append(stages, bson.D{e("$sort", sort)})
	if q.Skip > 0 {
		stages = append(stages, bson.D{e("$skip", int64(q.Skip))})
	}
	return append(stages, bson.D{e("$limit", int64(q.Limit))})
}

// comparisons are the operators that MongoDB has.
var comparisons = map[warehouse.Operator]string{
	warehouse.Equal: "$eq", warehouse.Less: "$lt", warehouse.LessOrEqual: "$lte", warehouse.More: "$gt", warehouse.MoreOrEqual: "$gte",
}

// comparison compares a column with a value, as SQL does: null meets none.
func comparison(col warehouse.Column, operator warehouse.Operator, value any) bson.D {
	if t, ok := value.(time.Time); ok && col.Type == "date" {
		value = t.Format(time.DateOnly)
	}
	test := e(comparisons[operator], value)
	switch {
	case operator == warehouse.NotEqual:
		test = e("$nin", bson.A{value, nil})
	case operator == warehouse.Contains:
		test = e("$regex", regexp.QuoteMeta(fmt.Sprint(value)))
	case operator == warehouse.IsNull && value == true:
		test = e("$eq", nil)
	case operator == warehouse.IsNull:
		test = e("$ne", nil)
	}
	return bson.D{e(col.Name, bson.D{test})}
}

// rowOf are the values of a document in the types that their columns have in files.
func rowOf(r record, columns []warehouse.Column) ([]any, error) {
	row := make([]any, len(columns))
	for i, c := range columns {
		switch v := r.Lookup(c.Name); v.Type {
		case bson.TypeInt64:
			row[i] = v.Int64()
		case bson.TypeInt32:
			row[i] = v.Int32()
		case bson.TypeDouble:
			row[i] = v.Double()
		case bson.TypeBoolean:
			row[i] = v.Boolean()
		case bson.TypeDateTime:
			row[i] = time.UnixMilli(v.DateTime()).UTC()
		case bson.TypeString:
			row[i] = v.StringValue()
		default: // null
		}
		if text, ok := row[i].(string); ok && c.Type == "date" {
			day, err := time.Parse(time.DateOnly, text)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			row[i] = day
		}
	}
	return row, nil
}
