package app

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
)

// sources are who sends events to a collector of this process.
type sources struct {
	keys       keys.Store
	stats      func() collector.Stats
	perSecond  int64      // of keys that have no limit of their own; 0 = none
	duplicates *perSource // nil: no stream runs here
	rates      kafka.Rates
}

// list implements what the API needs: every write key that is right, and every one that
// has sent something.
func (s *sources) list(ctx context.Context) ([]api.Source, error) {
	all, err := s.keys.APIKeys(ctx)
	if err != nil {
		return nil, err
	}
	stats, now := s.stats().Sources, event.TimeOf(time.Now())
	found := map[string]api.Source{}
	if _, sent := stats[writeKeyID]; sent {
		found[writeKeyID] = api.Source{ID: writeKeyID, Name: "the key of --write-key"}
	}
	limits := map[string]int64{}
	for i := range all {
		k := &all[i]
		_, sent := stats[k.ID]
		if valid := keyRowOf(k, now).Status == keyValid; sent || valid && slices.Contains(k.Scopes, string(keys.Ingest)) {
			found[k.ID] = api.Source{ID: k.ID, Name: k.Name, LastSeen: timeOrNil(k.LastUsed)}
			limits[k.ID] = k.Limit
		}
	}
	counted := map[string]int64{}
	for id := range found {
		counted[id] = eventsOf(stats[id])
	}
	perSecond := s.rates.Since(time.Now(), counted)
	list := make([]api.Source, 0, len(found))
	for id, source := range found {
		s.fill(&source, stats[id])
		if rate, known := perSecond[id]; known {
			source.PerSecond = &rate
		}
		if limit := cmp.Or(limits[id], s.perSecond); limit > 0 {
			source.Limit = &limit
		}
		list = append(list, source)
	}
	slices.SortFunc(list, func(a, b api.Source) int { return cmp.Or(strings.Compare(a.Name, b.Name), strings.Compare(a.ID, b.ID)) })
	return list, nil
}

// eventsOf is how many events a source has sent.
func eventsOf(s collector.SourceStats) int64 {
	n := s.Accepted
	for _, rejected := range s.Rejected {
		n += rejected
	}
	return n
}

func (s *sources) fill(source *api.Source, stats collector.SourceStats) {
	source.Accepted, source.Other, source.Retries, source.Rejected = stats.Accepted, stats.Other, stats.Retries, []api.RejectedPart{}
	for _, reason := range event.Reasons {
		if n := stats.Rejected[reason]; n > 0 {
			source.Rejected = append(source.Rejected, api.RejectedPart{Reason: string(reason), Events: n})
		}
	}
	if s.duplicates != nil {
		n := s.duplicates.of(source.ID)
		source.Duplicates = &n
	}
	if at := stats.LastSeen; source.LastSeen == nil && !at.IsZero() || source.LastSeen != nil && at.After(*source.LastSeen) {
		source.LastSeen = &at
	}
}

// perSource counts something by the source of events. It is safe for concurrent use.
type perSource struct {
	mu     sync.Mutex
	counts map[string]int64
}

// maxSources bounds what is told apart: anybody who may write the log may make up names.
const maxSources = 1000

// add counts one of a source, whose name it does not keep.
func (p *perSource) add(source string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if _, known := p.counts[source]; !known {
		if len(p.counts) == maxSources {
			return
		}
		if p.counts == nil {
			p.counts = map[string]int64{}
		}
		source = strings.Clone(source)
	}
	p.counts[source]++
}

func (p *perSource) of(source string) int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.counts[source]
}

// newSources returns the sources of a collector.
func newSources(s keys.Store, c *collector.Collector, o CollectorOptions, duplicates *perSource) *sources {
	return &sources{keys: s, stats: c.Stats, perSecond: o.PerSecond, duplicates: duplicates}
}
