package app

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/processor"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
	"globalmart/internal/verify/model"
)

// trial lets the orders of a made-up shop through what they go through on their
// way to a finding, in memory: as many partitions as an embedded broker has, by
// visitor as Kafka's clients do it, and one processor for each.
type trial struct {
	reference   *model.Model // says what is applied, dead, a duplicate or too old
	partitioner kgo.TopicPartitioner
	folds       []*processor.Anomalies
	out         *store.Changes
	decoder     event.Decoder
	labels      map[string]label // by event id
	tooOld      int64            // labelled orders that were
}

// label is what the generator knows of an order that was applied.
type label struct {
	kind     shop.Kind
	received event.Time
}

func newTrial(r rules.Rules) *trial {
	t := &trial{
		reference: model.New(r), partitioner: kgo.StickyKeyPartitioner(nil).ForTopic(event.TopicTransactions),
		out: store.NewChanges(), labels: map[string]label{},
	}
	for p := range int32(embeddedPartitions) {
		t.folds = append(t.folds, processor.NewAnomalies(p, r))
	}
	return t
}

// take takes the next record of the topic of transactions.
func (t *trial) take(e *shop.Emission) error {
	value := e.Raw
	if e.Event != nil {
		value = e.Event.AppendJSON(nil)
	}
	record := &kgo.Record{Topic: e.Topic, Key: []byte(e.Key), Value: value, Timestamp: e.At.Std()}
	record.Partition = int32(t.partitioner.Partition(record, len(t.folds)))
	verdict := t.reference.Record(record)
	applied, labelled := verdict.Disposition == model.Applied, e.Truth != nil && isAnomaly(e.Truth.Kind)
	if labelled && applied {
		t.labels[e.Truth.EventID] = label{e.Truth.Kind, e.At}
	}
	if labelled && verdict.Disposition == model.TooOld {
		t.tooOld++
	}
	if !applied {
		return nil
	}
	var decoded event.Event
	if err := t.decoder.Decode(value, e.At, &decoded); err != nil {
		return fmt.Errorf("bench: decode an order that was applied: %w", err)
	}
	t.folds[record.Partition].Apply(&decoded, t.out)
	return nil
}

// figures counts. Orders that came before young lasted are counted apart.
func (t *trial) figures(young event.Time) *anomalyFigures {
	f := &anomalyFigures{Machine: thisMachine(), LabelledTooOld: t.tooOld, Baselines: int64(len(t.out.Baselines))}
	for p := range int32(len(t.folds)) {
		c := t.reference.Counts(event.TopicTransactions, p)
		f.Orders += c.Total()
		f.Applied += c.Applied
		f.Duplicates += c.Duplicate
		f.TooOld += c.TooOld
		f.Dead += c.Dead
	}
	for _, rule := range []shop.Kind{shop.HighValue, shop.UnusualQuantity, shop.Velocity} {
		scores := t.scores(rule, young)
		f.Rules = append(f.Rules, scores[:]...)
	}
	return f
}

// scores are those of one rule: on the first day, after it, and in all.
func (t *trial) scores(rule shop.Kind, young event.Time) [3]score {
	const first, later, all = 0, 1, 2
	scores := [3]score{{When: "first day"}, {When: "later"}, {When: "all"}}
	each := func(received event.Time, count func(s *score)) {
		if received < young {
			count(&scores[first])
		} else {
			count(&scores[later])
		}
		count(&scores[all])
	}
	for id, l := range t.labels {
		if l.kind != rule {
			continue
		}
		found := t.out.Findings[store.FindingKey{EventID: id, Rule: store.Rule(rule)}] != nil
		each(l.received, func(s *score) {
			s.Labelled++
			if found {
				s.Found++
			}
		})
	}
	for k, finding := range t.out.Findings {
		if k.Rule != store.Rule(rule) {
			continue
		}
		right := isRight(rule, t.labels[k.EventID].kind)
		each(finding.ReceivedAt, func(s *score) {
			s.Findings++
			if right {
				s.Right++
			}
		})
	}
	for i := range scores {
		scores[i].Rule = string(rule)
		scores[i].divide()
	}
	return scores
}
