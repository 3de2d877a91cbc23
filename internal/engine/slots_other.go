//go:build !linux

package engine

// slotTable is the memory of a seen-set's table.
type slotTable struct{ slots []slot }

func newSlotTable(n int) *slotTable { return &slotTable{make([]slot, n)} }

// free lets go of the slots; they must not be used any more.
func (t *slotTable) free() { t.slots = nil }
