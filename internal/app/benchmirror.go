package app

import (
	"slices"

	"globalmart/internal/batch"
)

// mirrorStep is what it took to bring a copy of the warehouse along: once with all that
// the jobs made, once with what a day has changed. The time is part of the steps'.
type mirrorStep struct {
	Step string `json:"step"`
	batch.MirrorResult
}

// mirrorSteps adds up what steps did, by mirror.
func mirrorSteps(name string, steps ...batchStep) []mirrorStep {
	var all []mirrorStep
	for _, s := range steps {
		for _, m := range s.mirrors {
			i := slices.IndexFunc(all, func(a mirrorStep) bool { return a.Mirror == m.Mirror })
			if i < 0 {
				all = append(all, mirrorStep{name, m})
				continue
			}
			all[i].Put += m.Put
			all[i].Removed += m.Removed
			all[i].Seconds += m.Seconds
		}
	}
	return all
}
