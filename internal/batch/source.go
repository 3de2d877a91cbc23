package batch

import (
	"context"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/event"
	"globalmart/internal/lake"
	"globalmart/internal/warehouse"
)

// lakeFile is a file of the lake that holds records of a day.
type lakeFile struct {
	Source string // raw, history, import/NAME
	Path   string // relative to the lake, with slashes
	Rows   int64  // of valid records of that day
}

// arrival is what came to the lake since a cut.
type arrival struct {
	cut   warehouse.Cut           // after it
	files map[string][]lake.Entry // by topic
	count int                     // of files
}

// arrivals lists the files of the lake that are complete and were not read up to the
// cut. Of a partition of the log it takes as many as follow one another: where the
// listing has a hole, a file was linked while it was made, and the next run reads it.
func arrivals(dir string, cut warehouse.Cut) (*arrival, error) {
	a := &arrival{cut: cut.Clone(), files: map[string][]lake.Entry{}}
	sources, err := lake.Sources(dir)
	if err != nil {
		return nil, err
	}
	for _, source := range sources {
		l, err := lake.List(dir, source)
		if err != nil {
			return nil, err
		}
		if source == lake.SourceRaw {
			err = a.log(l)
		} else {
			a.days(l)
		}
		if err != nil {
			return nil, err
		}
	}
	return a, nil
}

// Grown reports whether the lake in dir has files that a cut lacks and that hold
// records of days before a date. dateOf says which day a record time is of.
func Grown(dir string, cut warehouse.Cut, date Date, dateOf func(event.Time) string) (bool, error) {
	a, err := arrivals(dir, cut)
	if err != nil {
		return false, err
	}
	for _, entries := range a.files {
		for _, e := range entries {
			footer, err := e.Footer()
			if err != nil {
				return false, fmt.Errorf("batch: %w", err)
			}
			if footer.Records > 0 && dateOf(footer.From) < string(date) {
				return true, nil
			}
		}
	}
	return false, nil
}

// log takes what followed on each partition of the log.
func (a *arrival) log(l *lake.Listing) error {
	for _, place := range l.Places() {
		key := place.Topic + "/" + strconv.Itoa(int(place.Partition))
		next, begun := a.cut.Raw[key]
		for _, e := range l.Entries[place] {
			if begun && e.First < next {
				continue
			}
			if begun && e.First > next {
				break
			}
			last, err := e.LastOffset()
			if err != nil {
				return fmt.Errorf("batch: %w", err)
			}
			next, begun = last+1, true
			if !e.Gap {
				a.take(e)
			}
		}
		if begun {
			a.cut.Raw[key] = next
		}
	}
	return nil
}

// days takes the days of a source that is written in whole days.
func (a *arrival) days(l *lake.Listing) {
	read := map[string]bool{}
	for _, day := range a.cut.Days[l.Source] {
		read[day] = true
	}
	found := map[string]bool{}
	for _, place := range l.Places() {
		for _, e := range l.Entries[place] {
			day := time.Unix(int64(e.Day)*86_400, 0).UTC().Format(time.DateOnly)
			if !read[day] {
				found[day] = true
				a.take(e)
			}
		}
	}
	maps.Copy(read, found)
	a.cut.Days[l.Source] = slices.Sorted(maps.Keys(read))
}

func (a *arrival) take(e lake.Entry) {
	a.files[e.Topic] = append(a.files[e.Topic], e)
	a.count++
}

// scanFiles is how many files one query looks at.
const scanFiles = 200

// datesOf asks the engine which days the files of a topic hold, and returns the files
// by day.
func datesOf(ctx context.Context, e Engine, dir, name string, entries []lake.Entry) (map[Date][]lakeFile, error) {
	found := map[Date][]lakeFile{}
	for chunk := range slices.Chunk(entries, scanFiles) {
		sources := map[string]string{}
		files := make([]string, len(chunk))
		for i, entry := range chunk {
			files[i] = entry.Path
			sources[entry.Path] = entry.Source
		}
		view := View{Columns: lakeColumns[name], Parts: []Part{{Files: files}}, Origin: true}
		if err := e.View(ctx, name, view); err != nil {
			return nil, err
		}
		rows, err := e.Query(ctx, "select lake_file, event_date, cast(count(*) as bigint) from "+name+" where valid group by lake_file, event_date order by lake_file, event_date")
		if err != nil {
			return nil, err
		}
		for _, row := range rows {
			path, date, n := row[0].(string), Date(row[1].(string)), row[2].(int64)
			rel, err := filepath.Rel(dir, path)
			if err != nil {
				return nil, fmt.Errorf("batch: %w", err)
			}
			found[date] = append(found[date], lakeFile{sources[path], filepath.ToSlash(rel), n})
		}
	}
	return found, nil
}

// indexColumns are those of the tables that say which files of the lake hold records
// of a day. There is one by topic, under the name of the topic's view.
var indexColumns = columns(`lake_source varchar, path varchar, records bigint`)

// indexQuery is a query whose rows are files.
func indexQuery(files []lakeFile) string {
	slices.SortFunc(files, func(a, b lakeFile) int {
		return strings.Compare(a.Source+"\x00"+a.Path, b.Source+"\x00"+b.Path)
	})
	rows := make([]string, len(files))
	for i, f := range files {
		rows[i] = fmt.Sprintf("(%s, %s, cast(%d as bigint))", quote(f.Source), quote(f.Path), f.Rows)
	}
	return "select * from (values " + strings.Join(rows, ", ") + ") as f(lake_source, path, records)"
}

func quote(text string) string { return "'" + strings.ReplaceAll(text, "'", "''") + "'" }
