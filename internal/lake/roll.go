package lake

import (
	"errors"
	"os"
	"path/filepath"

	"globalmart/internal/lake/flat"
)

// bound keeps files and memory within their limits.
func (w *Writer) bound(p *part) error {
	if p.rows.GroupRows() >= flat.MaxGroupRows {
		if err := w.endGroup(p); err != nil {
			return err
		}
	}
	if w.added++; w.added < holdEvery {
		return nil
	}
	w.added = 0
	if p.rows.Written()+int64(p.rows.Held()) >= w.cfg.RollBytes {
		if err := w.roll(p); err != nil {
			return err
		}
	}
	return w.spill()
}

// spill writes row groups, the largest first, until what is held is within
// bounds.
func (w *Writer) spill() error {
	for {
		held, most := 0, 0
		var largest *part
		for _, p := range w.parts {
			if !p.open {
				continue
			}
			n := p.rows.Held()
			held += n
			if n > most {
				most, largest = n, p
			}
		}
		w.mu.Lock()
		w.stats.Held = int64(held)
		w.mu.Unlock()
		if held <= w.cfg.HoldBytes {
			return nil
		}
		if err := w.endGroup(largest); err != nil {
			return err
		}
	}
}

// endGroup writes p's row group to its temporary file.
func (w *Writer) endGroup(p *part) error {
	err := w.ensureTemp(p)
	if err == nil {
		err = p.rows.EndGroup(p.temp.out)
	}
	if err == nil {
		err = p.temp.flush()
	}
	if err != nil {
		return w.giveUp(p, err)
	}
	return nil
}

func (w *Writer) ensureTemp(p *part) error {
	if p.temp != nil {
		return nil
	}
	dir := filepath.Join(topicDir(w.cfg.Dir, SourceRaw, p.Topic), dateName(p.day))
	t, err := createTemp(dir, fileName(p.Partition, p.footer.First))
	p.temp = t
	return err
}

// roll finishes p's file and publishes it.
func (w *Writer) roll(p *part) error {
	if !p.open {
		return nil
	}
	err := w.ensureTemp(p)
	if err != nil {
		return w.giveUp(p, err)
	}
	p.footer.LastHash = valueHash(p.value)
	if err := p.rows.Finish(p.temp.out, footerKey, p.footer.text()); err != nil {
		return w.giveUp(p, err)
	}
	size := p.temp.size()
	w.cfg.Failpoint("lake-before-sync")
	err = p.temp.publish(fileName(p.Partition, p.footer.First), w.cfg.Failpoint)
	p.temp = nil
	if err != nil {
		return w.giveUp(p, err)
	}
	p.begin(p.next)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.floor[p.Place] = p.durable
	w.stats.Files++
	w.stats.Records += p.footer.Records
	w.stats.Bytes += size
	return nil
}

// giveUp drops p's file and goes back to what the lake holds, which it looks up:
// a file may be in place although making it so failed.
func (w *Writer) giveUp(p *part, cause error) error {
	from := p.footer.First
	p.begin(p.durable)
	if errors.Is(cause, ErrConflict) {
		return cause
	}
	l, err := List(w.cfg.Dir, SourceRaw)
	if err == nil {
		var next int64
		if next, err = l.next(p.Place); err == nil {
			p.begin(next)
			w.mu.Lock()
			w.floor[p.Place] = next
			w.mu.Unlock()
		}
	}
	return &RetryError{Place: p.Place, From: from, Err: errors.Join(cause, err)}
}

// size returns how many bytes were written to t.
func (t *temp) size() int64 {
	if info, err := os.Stat(t.file.Name()); err == nil {
		return info.Size() + int64(t.out.Buffered())
	}
	return 0
}
