package console

import (
	"context"
	"fmt"
	"strconv"
	"sync"
	"sync/atomic"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"
)

// plainEvery is how often progress is reported where lines cannot move.
const plainEvery = 5 * time.Second

// Progress is the progress of one piece of long work.
type Progress struct {
	done  atomic.Int64
	total int64
	bar   *mpb.Bar // nil where lines cannot move
	once  sync.Once
	stop  func()
}

// Progress starts to report on work of total units (0 if unknown), such as
// "rows" or [Bytes]: a bar on a terminal, a plain line every 5 s elsewhere. Call Done when
// the work ends, however it ends. One at a time.
func (c *Console) Progress(label, unit string, total int64) *Progress {
	p := &Progress{total: total}
	if c.screen.moving {
		p.startBar(c.screen, label, unit)
	} else {
		p.startLines(c, label, unit)
	}
	return p
}

// Add reports n units more. It is safe for concurrent use.
func (p *Progress) Add(n int64) {
	p.done.Add(n)
	if p.bar != nil {
		p.bar.IncrInt64(n)
	}
}

// Done ends the report. It is safe to call twice.
func (p *Progress) Done() { p.once.Do(p.stop) }

func (p *Progress) startBar(s *screen, label, unit string) {
	start := time.Now()
	container := mpb.New(mpb.WithOutput(s.to), mpb.WithAutoRefresh(), mpb.WithWidth(40))
	p.bar = container.AddBar(p.total,
		mpb.PrependDecorators(decor.Name(label+" ")),
		mpb.AppendDecorators(decor.Any(func(st decor.Statistics) string {
			return describe(st.Current, st.Total, unit) + ", " + speed(st.Current, time.Since(start), unit)
		})),
	)
	s.setAbove(container)
	p.stop = func() {
		s.setAbove(nil)
		if p.total == 0 {
			p.bar.SetTotal(-1, true)
		} else {
			p.bar.Abort(false)
		}
		container.Wait()
	}
}

func (p *Progress) startLines(c *Console, label, unit string) {
	ended := make(chan struct{})
	start := time.Now()
	var reporting sync.WaitGroup
	reporting.Go(func() {
		tick := time.NewTicker(plainEvery)
		defer tick.Stop()
		for {
			select {
			case <-ended:
				return
			case <-tick.C:
				done := p.done.Load()
				c.Say("%s: %s, %s", label, describe(done, p.total, unit), speed(done, time.Since(start), unit))
			}
		}
	})
	p.stop = func() {
		close(ended)
		reporting.Wait()
	}
}

// Bytes is the unit of work that is shown in megabytes.
const Bytes = "bytes"

func describe(done, total int64, unit string) string {
	if total <= 0 {
		return amount(done, unit) + " " + name(unit)
	}
	return fmt.Sprintf("%s of %s %s (%d %%)", amount(done, unit), amount(total, unit), name(unit), 100*done/total)
}

// speed is the mean rate so far.
func speed(done int64, took time.Duration, unit string) string {
	rate := amount(int64(float64(done)/max(took.Seconds(), 1e-3)), unit)
	if unit == Bytes {
		rate += " MB"
	}
	return rate + "/s"
}

func amount(n int64, unit string) string {
	if unit == Bytes {
		return strconv.FormatFloat(float64(n)/1e6, 'f', 1, 64)
	}
	return Count(n)
}

func name(unit string) string {
	if unit == Bytes {
		return "MB"
	}
	return unit
}

// Count writes n with a comma between thousands.
func Count(n int64) string {
	digits := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, digits = "-", digits[1:]
	}
	for i := len(digits) - 3; i > 0; i -= 3 {
		digits = digits[:i] + "," + digits[i:]
	}
	return sign + digits
}

// Live shows what line returns as a moving line, anew every second, until ctx
// ends. Where lines cannot move it shows nothing and only waits.
func (c *Console) Live(ctx context.Context, line func() string) {
	if !c.screen.moving {
		<-ctx.Done()
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	defer c.screen.show("")
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			c.screen.show(line())
		}
	}
}
