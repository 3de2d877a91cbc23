package store

import (
	"cmp"
	"slices"
	"strings"
)

// Row is one of a set of changes.
type Row[K comparable, V any] struct {
	Key   K
	Value V
}

// Sorted returns rows in the order of their keys. In that order they are written:
// neighbours share pages, and two writers that meet take rows in one order.
func Sorted[K comparable, V any](rows map[K]V, compare func(a, b K) int) []Row[K, V] {
	all := make([]Row[K, V], 0, len(rows))
	for k, v := range rows {
		all = append(all, Row[K, V]{k, v})
	}
	slices.SortFunc(all, func(a, b Row[K, V]) int { return compare(a.Key, b.Key) })
	return all
}

// Compare orders by time, country and category.
func (k SalesKey) Compare(o SalesKey) int {
	if k.Start != o.Start {
		return cmp.Compare(k.Start, o.Start)
	}
	if k.Country != o.Country {
		return strings.Compare(k.Country, o.Country)
	}
	return strings.Compare(k.Category, o.Category)
}

// Compare orders by time and visitor.
func (k SessionKey) Compare(o SessionKey) int {
	if k.Start != o.Start {
		return cmp.Compare(k.Start, o.Start)
	}
	return strings.Compare(k.VisitorID, o.VisitorID)
}

// Compare orders by cart and episode.
func (k CartKey) Compare(o CartKey) int {
	if k.CartID != o.CartID {
		return strings.Compare(k.CartID, o.CartID)
	}
	return cmp.Compare(k.Episode, o.Episode)
}

// Compare orders by cart and order.
func (k CartOrderKey) Compare(o CartOrderKey) int {
	if k.CartID != o.CartID {
		return strings.Compare(k.CartID, o.CartID)
	}
	return strings.Compare(k.TransactionID, o.TransactionID)
}

// Compare orders by event and rule.
func (k FindingKey) Compare(o FindingKey) int {
	if k.EventID != o.EventID {
		return strings.Compare(k.EventID, o.EventID)
	}
	return cmp.Compare(k.Rule, o.Rule)
}

// Compare orders by category, measure, partition and version.
func (k BaselineKey) Compare(o BaselineKey) int {
	return cmp.Or(strings.Compare(k.Category, o.Category), cmp.Compare(k.Measure, o.Measure),
		cmp.Compare(k.Partition, o.Partition), cmp.Compare(k.Version, o.Version))
}
