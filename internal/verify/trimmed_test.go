package verify

import (
	"context"
	"testing"
)

// askedLog is a log that tells of each question for its bounds.
type askedLog struct {
	*memoryLog
	times  int
	before func(times int)
}

func (l *askedLog) Bounds(ctx context.Context, topics ...string) (starts, ends Offsets, err error) {
	l.times++
	l.before(l.times)
	return l.memoryLog.Bounds(ctx, topics...)
}

// TestALogThatIsTrimmedMeanwhileIsNoDifference lets the lake catch up with the log,
// and the log be trimmed beyond what the lake held before, at each moment of a run
// at which the log is asked where it begins.
func TestALogThatIsTrimmedMeanwhileIsNoDifference(t *testing.T) {
	for when := 1; when <= 6; when++ {
		p := newPlatform(t)
		dir := t.TempDir()
		p.extendLake(t, dir, 0.4)
		log := &askedLog{memoryLog: p.log}
		log.before = func(times int) {
			if times == when {
				p.extendLake(t, dir, 1)
				p.log.trim(0.8)
			}
		}
		w := p.world()
		w.Log, w.Lake, w.Workers = log, &Lake{Dir: dir}, 1
		r := run(t, w)
		if !r.OK || r.Cut.Since != nil {
			t.Errorf("trimmed before question %d: since %v\n%s", when, r.Cut.Since, differences(r))
		}
		if log.times < when {
			t.Fatalf("asked only %d times", log.times)
		}
	}
}
