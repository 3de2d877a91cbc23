package app

import (
	"cmp"
	"context"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"globalmart/internal/api"
	"globalmart/internal/desk"
	"globalmart/internal/event"
	"globalmart/internal/ingest/collector"
	"globalmart/internal/kafka"
	"globalmart/internal/keys"
	"globalmart/internal/store"
)

// sourcesSaid is what a process knows of those who send events, by the id of their key,
// since its start.
type sourcesSaid struct {
	Sent       map[string]collector.SourceStats `json:"sent,omitempty"`
	Duplicates map[string]int64                 `json:"duplicates"` // nil: it runs no stream
}

// sources are who sends events to the collectors of an installation.
type sources struct {
	keys       keys.Store
	desk       *desk.Desk // where other processes say what they know
	stats      func() collector.Stats
	perSecond  int64      // of keys that have no limit of their own; 0 = none
	duplicates *perSource // nil: no stream runs here
	rates      kafka.Rates
}

// said is what this process knows.
func (s *sources) said() sourcesSaid {
	said := sourcesSaid{Sent: s.stats().Sources}
	if s.duplicates != nil {
		said.Duplicates = s.duplicates.all()
	}
	return said
}

// tell lets other processes know it until ctx ends.
func (s *sources) tell(ctx context.Context) error {
	return s.desk.Tell(ctx, store.ReportSources, func() any { return s.said() })
}

// known is what this process and the others know, together.
func (s *sources) known(ctx context.Context) (sourcesSaid, error) {
	told, err := desk.Read[sourcesSaid](ctx, s.desk, store.ReportSources)
	if err != nil {
		return sourcesSaid{}, mayNot(err)
	}
	all := sourcesSaid{Sent: map[string]collector.SourceStats{}}
	all.add(s.said())
	for i := range told {
		if told[i].Owner != s.desk.Owner {
			all.add(told[i].Value)
		}
	}
	return all, nil
}

// add adds what another process knows.
func (s *sourcesSaid) add(other sourcesSaid) {
	for id, o := range other.Sent {
		sum := s.Sent[id]
		sum.Accepted += o.Accepted
		sum.Other += o.Other
		sum.Retries += o.Retries
		rejected := maps.Clone(sum.Rejected)
		for reason, n := range o.Rejected {
			if rejected == nil {
				rejected = map[event.Reason]int64{}
			}
			rejected[reason] += n
		}
		sum.Rejected = rejected
		if o.LastSeen.After(sum.LastSeen) {
			sum.LastSeen = o.LastSeen
		}
		s.Sent[id] = sum
	}
	if other.Duplicates != nil && s.Duplicates == nil {
		s.Duplicates = map[string]int64{}
	}
	for id, n := range other.Duplicates {
		s.Duplicates[id] += n
	}
}

// list implements what the API needs: every write key that is right, and every one that
// has sent something.
func (s *sources) list(ctx context.Context) ([]api.Source, error) {
	all, err := s.keys.APIKeys(ctx)
	if err != nil {
		return nil, err
	}
	known, err := s.known(ctx)
	if err != nil {
		return nil, err
	}
	stats, now := known.Sent, event.TimeOf(time.Now())
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
		fill(&source, stats[id])
		if known.Duplicates != nil {
			n := known.Duplicates[id]
			source.Duplicates = &n
		}
		if rate, looked := perSecond[id]; looked {
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

func fill(source *api.Source, stats collector.SourceStats) {
	source.Accepted, source.Other, source.Retries, source.Rejected = stats.Accepted, stats.Other, stats.Retries, []api.RejectedPart{}
	for _, reason := range event.Reasons {
		if n := stats.Rejected[reason]; n > 0 {
			source.Rejected = append(source.Rejected, api.RejectedPart{Reason: string(reason), Events: n})
		}
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

// all is what was counted; empty, not nil, if that is nothing.
func (p *perSource) all() map[string]int64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.counts == nil {
		return map[string]int64{}
	}
	return maps.Clone(p.counts)
}

// newSources returns the sources of an installation of which this process has the collector
// with stats.
func newSources(s keys.Store, d *desk.Desk, stats func() collector.Stats, o CollectorOptions, duplicates *perSource) *sources {
	return &sources{keys: s, desk: d, stats: stats, perSecond: o.PerSecond, duplicates: duplicates}
}
