package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// EntriesOfDay returns the files in the folders of a day, yyyy-mm-dd, of a topic, of
// all sources. Unlike List it looks at these folders alone.
func EntriesOfDay(dir, topic, date string) ([]Entry, error) {
	sources, err := Sources(dir)
	if err != nil {
		return nil, err
	}
	day, err := dayOf(date)
	if err != nil {
		return nil, err
	}
	var entries []Entry
	for _, source := range sources {
		folder := filepath.Join(dir, filepath.FromSlash(source), dateName(day), topic)
		if source == SourceRaw {
			folder = filepath.Join(topicDir(dir, source, topic), dateName(day))
		}
		files, err := os.ReadDir(folder)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("lake: list: %w", err)
		}
		for _, f := range files {
			if partition, first, ok := parseFileName(f.Name()); ok {
				entries = append(entries, Entry{Place: Place{topic, partition}, Source: source, Path: filepath.Join(folder, f.Name()), Day: day, First: first})
			}
		}
	}
	return entries, nil
}

// Days returns the first and the last day, yyyy-mm-dd, that there is a folder of a
// topic of, in any source; empty without one.
func Days(dir, topic string) (first, last string, err error) {
	sources, err := Sources(dir)
	if err != nil {
		return "", "", err
	}
	for _, source := range sources {
		root := filepath.Join(dir, filepath.FromSlash(source))
		if source == SourceRaw {
			root = topicDir(dir, source, topic)
		}
		folders, err := os.ReadDir(root)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", "", fmt.Errorf("lake: list: %w", err)
		}
		for _, f := range folders {
			day, ok := parseDateName(f.Name())
			if !ok {
				continue
			}
			if date := dateOf(day); first == "" || date < first {
				first = date
			}
			last = max(last, dateOf(day))
		}
	}
	return first, last, nil
}

// Ends returns, of the partitions of a topic that are wanted, the offset after the last
// record that the raw source holds, or whose loss was accepted; 0 if it holds none. It
// looks at the newest days alone, until it has met each partition.
func Ends(dir, topic string, wanted []int32) (map[int32]int64, error) {
	root := topicDir(dir, SourceRaw, topic)
	found, err := os.ReadDir(root)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("lake: list: %w", err)
	}
	last := map[int32]Entry{}
	keep := func(e Entry) {
		if have, ok := last[e.Partition]; !ok || have.First < e.First {
			last[e.Partition] = e
		}
	}
	var days []int32
	for _, f := range found {
		if day, ok := parseDateName(f.Name()); ok {
			days = append(days, day)
		}
	}
	slices.Sort(days)
	for _, day := range slices.Backward(days) {
		// Records of two days may take turns around midnight, so one day more is looked at.
		enough := !slices.ContainsFunc(wanted, func(p int32) bool { _, ok := last[p]; return !ok })
		folder := filepath.Join(root, dateName(day))
		files, err := os.ReadDir(folder)
		if err != nil {
			return nil, fmt.Errorf("lake: list: %w", err)
		}
		for _, f := range files {
			if partition, first, ok := parseFileName(f.Name()); ok {
				keep(Entry{Place: Place{topic, partition}, Source: SourceRaw, Path: filepath.Join(folder, f.Name()), Day: day, First: first})
			}
		}
		if enough {
			break
		}
	}
	for _, f := range found {
		if partition, first, end, ok := parseGapName(f.Name()); ok {
			keep(Entry{Place: Place{topic, partition}, Source: SourceRaw, Gap: true, First: first, last: end})
		}
	}
	ends := make(map[int32]int64, len(wanted))
	for _, p := range wanted {
		ends[p] = 0
		if e, ok := last[p]; ok {
			offset, err := e.LastOffset()
			if err != nil {
				return nil, err
			}
			ends[p] = offset + 1
		}
	}
	return ends, nil
}
