package app

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/ingest/importer"
	"globalmart/internal/kafka"
)

// logBefore is what the log held before an import.
type logBefore struct {
	have    map[string]bool // ids of the import's events that are there, as JSON
	missing int64           // events of the import that are not
	later   event.Time      // of the latest record that is not the import's; 0 if there is none
	trimmed bool            // the log no longer begins at its start
}

// readLog compares the log with an import. Records of topics that neither the
// import nor the stream has to do with do not count.
func (p *platform) readLog(ctx context.Context, im *importer.Import) (logBefore, error) {
	log := logBefore{have: map[string]bool{}, missing: int64(im.Summary.Events)}
	topics := slices.AppendSeq(engineTopics(), maps.Keys(im.Summary.Topics))
	slices.Sort(topics)
	topics = slices.Compact(topics)
	starts, err := kafka.LogStarts(ctx, p.kafka, topics...)
	if err != nil {
		return log, err
	}
	ends, err := kafka.LogEnds(ctx, p.kafka, topics...)
	if err != nil {
		return log, err
	}
	there, err := p.timesByID(ctx, starts, ends)
	if err != nil || len(there) == 0 {
		return log, err
	}
	var buf []byte
	for e := range im.Events() {
		buf = e.AppendJSON(buf[:0])
		id := idText(buf)
		if _, ok := there[string(id)]; ok {
			log.have[string(id)] = true
			log.missing--
		}
	}
	for id, at := range there {
		if !log.have[id] {
			log.later = max(log.later, at)
		}
	}
	for topic := range starts {
		log.trimmed = log.trimmed || sum(starts[topic]) > 0
	}
	return log, nil
}

// timesByID returns the record time of every record from starts to ends, by the
// id of its event; "" stands for records without one.
func (p *platform) timesByID(ctx context.Context, starts, ends kafka.Offsets) (map[string]event.Time, error) {
	there := map[string]event.Time{}
	err := kafka.Scan(ctx, p.kafka, starts, ends, func(r *kgo.Record) error {
		id := idText(r.Value)
		there[string(id)] = max(there[string(id)], event.TimeOf(r.Timestamp))
		return nil
	})
	return there, err
}

// idText is the id of an event as its JSON has it, escapes and all, if the JSON
// was written by this program: it begins with the id.
func idText(record []byte) []byte {
	rest, ok := bytes.CutPrefix(record, []byte(`{"event_id":"`))
	if !ok {
		return nil
	}
	id, _, _ := bytes.Cut(rest, []byte(`","`))
	return id
}
