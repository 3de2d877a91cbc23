package spark

import (
	"context"
	"fmt"
)

// query returns the rows of a query as [batch.Engine] has them.
func (s *session) query(ctx context.Context, query string) ([][]any, error) {
	cursor, err := s.run(ctx, query)
	if err != nil {
		return nil, err
	}
	defer cursor.Close()
	defer s.guard(ctx)()
	columns := cursor.Description()
	if cursor.Err != nil {
		return nil, s.explain(ctx, cursor.Err)
	}
	names := map[string]bool{}
	for _, c := range columns {
		if names[c[0]] {
			return nil, fmt.Errorf("two columns of the result are called %s: give one of them another name", c[0])
		}
		names[c[0]] = true
	}
	var rows [][]any
	for cursor.HasMore(ctx) && cursor.Err == nil {
		found := cursor.RowMap(ctx) // FetchOne takes null for zero
		if cursor.Err != nil {
			break
		}
		row := make([]any, len(columns))
		for i, c := range columns {
			row[i] = plain(found[c[0]])
		}
		rows = append(rows, row)
	}
	if cursor.Err != nil {
		return nil, s.explain(ctx, cursor.Err)
	}
	return rows, nil
}

// plain returns a value as the port has it.
func plain(value any) any {
	switch v := value.(type) {
	case int8:
		return int64(v)
	case int16:
		return int64(v)
	case int32:
		return int64(v)
	}
	return value
}
