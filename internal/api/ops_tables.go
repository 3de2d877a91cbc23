package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/warehouse"
)

// tableReader reads the tables of the warehouse.
type tableReader interface {
	// Tables returns those of the newest run, by name, or [warehouse.ErrNone].
	Tables(ctx context.Context) (warehouse.Answer[warehouse.TableInfo], error)
	// TableRows returns rows of one. Its errors are [warehouse.ErrNoTable],
	// [warehouse.ErrNone], [warehouse.ErrGone] and *[warehouse.QueryError].
	TableRows(ctx context.Context, q warehouse.RowsQuery) (warehouse.TableRows, error)
}

// TableColumn is a column of a table.
type TableColumn struct {
	Name string `json:"name"`
	Type string `json:"type" doc:"bigint, int, double, boolean, varchar, date, or timestamp (UTC)."`
}

// WarehouseTable is a table of the warehouse.
type WarehouseTable struct {
	Table     string        `json:"table"`
	Rows      int64         `json:"rows"`
	Bytes     int64         `json:"bytes"`
	Files     int           `json:"files"`
	AsOf      string        `json:"as_of_date" doc:"Of the run that last looked at it."`
	FirstDate *string       `json:"first_date" doc:"Of its partitions by day or month; null if it is kept whole."`
	LastDate  *string       `json:"last_date"`
	Columns   []TableColumn `json:"columns" nullable:"false"`
}

// WarehouseTables are the tables of a run, by name.
type WarehouseTables struct {
	Run     string           `json:"run"`
	AsOf    string           `json:"as_of_date" format:"date" doc:"The days before it count."`
	Created time.Time        `json:"created"`
	Tables  []WarehouseTable `json:"tables" nullable:"false"`
}

// WarehouseRows are rows of a table.
type WarehouseRows struct {
	Table      string           `json:"table"`
	Run        string           `json:"run"`
	AsOf       string           `json:"as_of_date" format:"date"`
	Columns    []TableColumn    `json:"columns" nullable:"false"`
	Rows       []map[string]any `json:"rows" nullable:"false" doc:"Each with a member for each column. A bigint beyond 2^53, such as a key, is text: most readers of JSON would round it."`
	NextCursor *string          `json:"next_cursor" doc:"For the next page of the same run; null on the last."`
}

func (v WarehouseRows) next() *string { return v.NextCursor }

type tableInput struct {
	Page
	Table  string `path:"table" maxLength:"64" example:"mart_segment" doc:"Name of the table."`
	Filter string `query:"filter" maxLength:"1024" example:"country:eq:DE,orders:ge:5" doc:"Conditions that rows meet, all of them: column:operator:value, with commas between; a comma in a value is written \\\\,. Operators: eq, ne, lt, le, gt, ge, contains (of text), null (true or false)."`
	Sort   string `query:"sort" maxLength:"64" example:"-net_minor" doc:"Column, with - before it the highest first; null comes last. Absent: as they are in the files."`
}

func (a *API) addTables() {
	columns := []TableColumn{{"segment", "varchar"}, {"customers", "bigint"}}
	created := exampleState
	created.Created = (exampleNow - 7*hourMS).Std()
	list := huma.Operation{
		OperationID: "ops-tables", Method: http.MethodGet, Path: "/api/v1/ops/warehouse",
		Summary:     "The tables of the warehouse",
		Description: "As of the newest run of the batch jobs.",
	}
	operate(a, list, WarehouseTables{Run: created.Run, AsOf: created.AsOf, Created: created.Created.In(a.zone), Tables: []WarehouseTable{
		{Table: "mart_segment", Rows: 11, Bytes: 2_104, Files: 1, AsOf: created.AsOf, Columns: columns},
	}}, a.tables)
	rows := huma.Operation{
		OperationID: "ops-table", Method: http.MethodGet, Path: "/api/v1/ops/warehouse/{table}",
		Summary:     "Rows of a table of the warehouse",
		Description: "Filtered and sorted by its columns. There is no query language: for more, read the files.",
	}
	operate(a, rows, WarehouseRows{
		Table: "mart_segment", Run: created.Run, AsOf: created.AsOf, Columns: columns, Rows: []map[string]any{{"segment": "Champions", "customers": 1_204}},
	}, a.tableRows)
}

func (a *API) tables(ctx context.Context, _ *struct{}) (seen[WarehouseTables], error) {
	if a.deps.Operations.Tables == nil {
		return seen[WarehouseTables]{}, unknownHere("the warehouse", ofThePlatform)
	}
	found, err := a.deps.Operations.Tables.Tables(ctx)
	if err != nil {
		return seen[WarehouseTables]{}, warehouseProblem("tables", err)
	}
	s := found.State
	out := WarehouseTables{Run: s.Run, AsOf: s.AsOf, Created: s.Created.In(a.zone), Tables: make([]WarehouseTable, len(found.Rows))}
	for i := range found.Rows {
		t := &found.Rows[i]
		out.Tables[i] = WarehouseTable{
			Table: t.Name, Rows: t.Rows, Bytes: t.Bytes, Files: t.Files, AsOf: t.AsOf,
			FirstDate: known(t.First), LastDate: known(t.Last), Columns: tableColumns(t.Columns),
		}
	}
	return seen[WarehouseTables]{data: out}, nil
}

func (a *API) tableRows(ctx context.Context, in *tableInput) (seen[WarehouseRows], error) {
	if a.deps.Operations.Tables == nil {
		return seen[WarehouseRows]{}, unknownHere("the warehouse", ofThePlatform)
	}
	page, err := in.page()
	if err != nil {
		return seen[WarehouseRows]{}, err
	}
	q := warehouse.RowsQuery{Page: page, Table: in.Table}
	q.Sort, q.Desc = strings.CutPrefix(in.Sort, "-")
	if q.Where, err = parseFilter(in.Filter); err != nil {
		return seen[WarehouseRows]{}, err
	}
	found, err := a.deps.Operations.Tables.TableRows(ctx, q)
	if err != nil {
		return seen[WarehouseRows]{}, tableProblem(in, err)
	}
	out := WarehouseRows{
		Table: in.Table, Run: found.State.Run, AsOf: found.State.AsOf, Columns: tableColumns(found.Columns),
		Rows: make([]map[string]any, len(found.Rows)), NextCursor: nextPage(page, found.State, len(found.Rows)),
	}
	for i, row := range found.Rows {
		out.Rows[i] = rowOf(found.Columns, row)
	}
	return seen[WarehouseRows]{data: out}, nil
}

func tableProblem(in *tableInput, err error) error {
	if q, ok := errors.AsType[*warehouse.QueryError](err); ok {
		parameter := "filter"
		if q.Sort {
			parameter = "sort"
		}
		return invalid(wrong(parameter, q.Value, "%s", q.Text))
	}
	if errors.Is(err, warehouse.ErrNoTable) {
		return huma.Error404NotFound(fmt.Sprintf("There is no table %s. GET /api/v1/ops/warehouse lists them.", in.Table))
	}
	return warehouseProblem("table rows", err)
}

func tableColumns(columns []warehouse.Column) []TableColumn {
	out := make([]TableColumn, len(columns))
	for i, c := range columns {
		out[i] = TableColumn{c.Name, c.Type}
	}
	return out
}

// exactIntegers is up to where every reader of JSON keeps integers as they are: most
// hold numbers as 64-bit floats.
const exactIntegers = 1 << 53

// rowOf is a row by column. Days are written as days, and integers that a reader would
// round as text.
func rowOf(columns []warehouse.Column, row []any) map[string]any {
	out := make(map[string]any, len(columns))
	for i, c := range columns {
		value := row[i]
		switch v := value.(type) {
		case time.Time:
			if c.Type == "date" {
				value = v.Format(time.DateOnly)
			}
		case int64:
			if v > exactIntegers || v < -exactIntegers {
				value = strconv.FormatInt(v, 10)
			}
		}
		out[c.Name] = value
	}
	return out
}

// maxConditions bounds a filter.
const maxConditions = 16

// parseFilter reads conditions: column:operator:value, with commas between.
func parseFilter(text string) ([]warehouse.Condition, error) {
	if text == "" {
		return nil, nil
	}
	var where []warehouse.Condition
	for _, part := range splitUnescaped(text) {
		terms := strings.SplitN(part, ":", 3)
		if len(terms) < 3 {
			return nil, invalid(wrong("filter", part, "expected column:operator:value, such as orders:ge:5"))
		}
		where = append(where, warehouse.Condition{Column: terms[0], Operator: warehouse.Operator(terms[1]), Value: terms[2]})
	}
	if len(where) > maxConditions {
		return nil, invalid(wrong("filter", text, "%d conditions; at most %d are taken", len(where), maxConditions))
	}
	return where, nil
}

// splitUnescaped splits text at the commas that no backslash stands before.
func splitUnescaped(text string) []string {
	var parts []string
	var part strings.Builder
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] == '\\' && i+1 < len(text) && (text[i+1] == ',' || text[i+1] == '\\'):
			i++
			part.WriteByte(text[i])
		case text[i] == ',':
			parts = append(parts, part.String())
			part.Reset()
		default:
			part.WriteByte(text[i])
		}
	}
	return append(parts, part.String())
}
