//go:build !linux

package engine

// slotTable is the memory of a seen-set's table.
type slotTable struct{ slots []seenID }

func newSlotTable(n int) *slotTable { return &slotTable{make([]seenID, n)} }
