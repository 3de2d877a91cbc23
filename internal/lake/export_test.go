package lake

import (
	"bytes"
	"os"
	"strings"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"

	"globalmart/internal/lake/flat"
)

// Kill ends w as a crash would: nothing is finished or removed, the kernel drops
// the locks.
func (w *Writer) Kill() {
	for _, p := range w.parts {
		if p.temp != nil {
			_ = p.temp.out.Flush()
			_ = p.temp.file.Close()
		}
	}
}

// Kill ends b as a crash would.
func (b *Bulk) Kill() { _ = b.lock.Close() }

// ParseName is what a name says, and Names are the names that are made of that.
func ParseName(name string) (made string, ok bool) {
	if p, first, ok := parseFileName(name); ok {
		return fileName(p, first), true
	}
	if p, first, last, ok := parseGapName(name); ok {
		return gapName(p, first, last), true
	}
	if day, ok := parseDateName(name); ok {
		return dateName(day), true
	}
	return "", false
}

// ParseFooter reads the text of a footer and writes it again.
func ParseFooter(text string) (again string, err error) {
	f, err := parseFooter(text)
	return f.text(), err
}

// SchemaText describes the columns of every topic.
func SchemaText() string {
	var b strings.Builder
	section := func(name string, s flat.Schema) {
		b.WriteString("# " + name + "\n")
		for _, line := range s.Lines() {
			b.WriteString(line + "\n")
		}
		b.WriteString("\n")
	}
	section("every topic", common)
	for _, t := range Topics {
		section(t+", after these", schemas[t][len(common):])
	}
	return b.String()
}

// Forge writes the file of e anew with change made to the columns of each event,
// but not to its record, and with another level of compression.
func Forge(e Entry, level int, change func(*event.Event)) error {
	old, err := openFile(e)
	if err != nil {
		return err
	}
	defer old.close()
	c := &checker{}
	m, rows, err := c.tools(old)
	if err != nil {
		return err
	}
	c.pack.Level = level
	footer := newFooter(e.Source, e.Topic, e.Partition, old.footer.Zone, e.First)
	err = e.Scan(e.First, old.footer.Last+1, func(r *kgo.Record) error {
		rec := &record{e.Partition, r.Offset, event.TimeOf(r.Timestamp), r.Key, r.Value, r.Headers}
		if invalid := m.decode(e.Topic, rec); invalid != nil {
			return invalid
		}
		change(&m.event)
		m.put(rows, &footer, e.Topic, rec, &m.event, nil)
		return nil
	})
	if err != nil {
		return err
	}
	footer.LastHash = old.footer.LastHash
	var out bytes.Buffer
	if err := rows.Finish(&out, footerKey, footer.text()); err != nil {
		return err
	}
	return os.WriteFile(e.Path, out.Bytes(), fileMode)
}
