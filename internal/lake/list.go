package lake

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// Entry is a file of the lake, or a gap: a range of offsets whose loss an
// operator accepted.
type Entry struct {
	Place
	Source string
	Path   string
	Day    int32 // of the folder, counted from 1970-01-01; of no meaning for a gap
	First  int64 // offset
	Gap    bool
	last   int64 // of a gap
}

// Listing is what a source holds, by the names of its files alone.
type Listing struct {
	Source  string
	Dir     string            // of the lake
	Entries map[Place][]Entry // by first offset
	Temps   []string          // files that are being written, or that a writer left
	Strays  []string          // files that look like the lake's but cannot be
}

// List lists a source. A source that is not there is empty.
func List(dir, source string) (*Listing, error) {
	if !sourceName.MatchString(source) {
		return nil, fmt.Errorf("lake: list: no source is called %q", source)
	}
	l := &Listing{Source: source, Dir: dir, Entries: map[Place][]Entry{}}
	root := filepath.Join(dir, filepath.FromSlash(source))
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		switch {
		case errors.Is(err, fs.ErrNotExist):
			return nil // gone meanwhile: a temporary file, or there is no such source
		case err != nil:
			return err
		case d.IsDir() && path != root && strings.HasPrefix(d.Name(), tempPrefix):
			l.Temps = append(l.Temps, path)
			return fs.SkipDir
		case !d.IsDir():
			l.add(root, path)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("lake: list %s: %w", root, err)
	}
	for _, entries := range l.Entries {
		slices.SortFunc(entries, func(a, b Entry) int { return cmp.Or(cmp.Compare(a.First, b.First), cmp.Compare(a.Path, b.Path)) })
	}
	return l, nil
}

// add takes the file at path into l.
func (l *Listing) add(root, path string) {
	rel, err := filepath.Rel(root, path)
	if err != nil {
		return
	}
	parts := strings.Split(filepath.ToSlash(rel), "/")
	name := parts[len(parts)-1]
	switch e, ok := l.entry(parts); {
	case ok:
		e.Source, e.Path = l.Source, path
		l.Entries[e.Place] = append(l.Entries[e.Place], e)
	case strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix):
		l.Temps = append(l.Temps, path)
	case strings.HasSuffix(name, parquetSuffix) || strings.HasSuffix(name, gapSuffix):
		l.Strays = append(l.Strays, path)
	}
}

// entry reads a path below the source's folder: TOPIC/date=D/FILE and TOPIC/GAP
// of the raw source, date=D/TOPIC/FILE of the others.
func (l *Listing) entry(parts []string) (e Entry, ok bool) {
	if l.Source == SourceRaw && len(parts) == 2 {
		e.Topic, e.Gap = parts[0], true
		e.Partition, e.First, e.last, ok = parseGapName(parts[1])
		return e, ok && isTopic(e.Topic)
	}
	if len(parts) != 3 {
		return e, false
	}
	topic, date := parts[0], parts[1]
	if l.Source != SourceRaw {
		topic, date = date, topic
	}
	e.Topic = topic
	if e.Day, ok = parseDateName(date); !ok || !isTopic(topic) {
		return e, false
	}
	e.Partition, e.First, ok = parseFileName(parts[2])
	return e, ok
}

func isTopic(name string) bool { return schemas[name] != nil }

// Places returns the partitions that l has entries of, in order.
func (l *Listing) Places() []Place {
	return slices.SortedFunc(maps.Keys(l.Entries), comparePlaces)
}

// Sources returns the sources that are in the lake at dir.
func Sources(dir string) ([]string, error) {
	var found []string
	for _, s := range []string{SourceRaw, SourceHistory} {
		if info, err := os.Stat(filepath.Join(dir, s)); err == nil && info.IsDir() {
			found = append(found, s)
		}
	}
	imports, err := os.ReadDir(filepath.Join(dir, strings.TrimSuffix(sourceImport, "/")))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lake: sources: %w", err)
	}
	for _, i := range imports {
		if source := sourceImport + i.Name(); i.IsDir() && sourceName.MatchString(source) {
			found = append(found, source)
		}
	}
	return found, nil
}

// Span is an entry with both its ends.
type Span struct {
	Entry
	Last   int64
	Footer *Footer // nil for a gap
}

// spans reads the footers of entries, which are of one partition, and checks that
// they follow one another without a hole. The first may begin anywhere.
func spans(entries []Entry) ([]Span, error) {
	var all []Span
	for _, e := range entries {
		s, err := e.span()
		if err != nil {
			return all, err
		}
		if n := len(all); n > 0 && s.First != all[n-1].Last+1 {
			return all, discontinuity(all[n-1], s)
		}
		all = append(all, s)
	}
	return all, nil
}

// span reads e's footer.
func (e Entry) span() (Span, error) {
	if e.Gap {
		return Span{Entry: e, Last: e.last}, nil
	}
	f, err := e.Footer()
	if err != nil {
		return Span{}, err
	}
	return Span{Entry: e, Last: f.Last, Footer: &f}, nil
}

// LastOffset returns the offset of the last record of e, or of the gap. It reads the
// footer.
func (e Entry) LastOffset() (int64, error) {
	s, err := e.span()
	return s.Last, err
}

// ErrHole reports offsets that no file holds and no gap accounts for.
var ErrHole = errors.New("records are missing")

// ErrOverlap reports offsets that two files hold.
var ErrOverlap = errors.New("records are there twice")

func discontinuity(a, b Span) error {
	if b.First <= a.Last {
		return fmt.Errorf("lake: %s: %w: offsets %d to %d are in %s and in %s", a.Place, ErrOverlap, b.First, min(a.Last, b.Last), a.Path, b.Path)
	}
	return fmt.Errorf("lake: %s: %w: offsets %d to %d, between %s and %s", a.Place, ErrHole, a.Last+1, b.First-1, a.Path, b.Path)
}

// tail returns the newest entries, for a start to look at: those of the last two
// days that have files, at least one.
func tail(entries []Entry) []Entry {
	from, days := len(entries), 0
	for i, e := range slices.Backward(entries) {
		if i == len(entries)-1 || !e.Gap && e.Day != entries[i+1].Day {
			if days++; days > 2 {
				break
			}
		}
		from = i
	}
	return entries[from:]
}
