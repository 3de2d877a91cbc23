package lake

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
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
