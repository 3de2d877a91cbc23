package importer

import (
	"cmp"
	"errors"
	"iter"
	"slices"

	"globalmart/internal/event"
)

// rank orders events of equal time: what is stated before what refers to it.
type rank int

const (
	rankProduct rank = iota
	rankCustomer
	rankFact
)

// placed is an event with its place among those of equal time.
type placed struct {
	*event.Event
	rank rank
	line int // in the file; 0 for products
}

// compareID orders products of equal time; events of one line stay as made.
func (x placed) compareID(y placed) int {
	if x.rank == rankFact {
		return 0
	}
	return cmp.Compare(x.ID, y.ID)
}

// arrange puts the events of a data set in order and counts them.
func (in *intake) arrange(all []placed) iter.Seq[*event.Event] {
	slices.SortStableFunc(all, func(x, y placed) int {
		return cmp.Or(cmp.Compare(x.Timestamp, y.Timestamp), cmp.Compare(x.rank, y.rank), cmp.Compare(x.line, y.line), x.compareID(y))
	})
	events := make([]*event.Event, len(all))
	for i, p := range all {
		events[i] = p.Event
		in.tally(p.Event)
	}
	return slices.Values(events)
}

// stated returns an event of which everything is set that all types share. Its
// id begins with the source.
func stated(source string, t event.Type, id string, at event.Time) *event.Event {
	return &event.Event{
		ID: source + ":" + id, Type: t, SchemaVersion: event.SchemaVersion,
		Timestamp: at, ReceivedAt: at, Source: source,
	}
}

// statedCustomer returns the profile of a customer who is first seen at a time.
func statedCustomer(source, id, country string, at event.Time) *event.Event {
	e := stated(source, event.TypeCustomer, "customer:"+id, at)
	e.UserID, e.Country, e.RegisteredAt = id, country, at
	return e
}

// check reports why e would become a dead letter, for want of a rate aside. Its
// length needs no check: with ids of 40 bytes, 2,000 lines fit into a record.
func check(e *event.Event) *refusal { return refusalOf(e.Validate()) }

// refusalOf returns the refusal for an error of event, or nil if there is none
// but the want of a rate.
func refusalOf(err error) *refusal {
	invalid, bad := errors.AsType[*event.Invalid](err)
	if !bad || invalid.Reason == event.NoRate {
		return nil
	}
	detail := invalid.Detail
	if invalid.Field != "" {
		detail = invalid.Field + ": " + detail
	}
	return &refusal{Reason(invalid.Reason), detail}
}

// lacksBase reports whether a transaction lacks a base amount.
func lacksBase(e *event.Event) bool {
	return e.BaseTotalMinor == event.NoAmount ||
		slices.ContainsFunc(e.Items, func(item event.Item) bool { return item.BaseAmountMinor == event.NoAmount })
}

func units(items []event.Item) (n int64) {
	for i := range items {
		n += items[i].Quantity
	}
	return n
}
