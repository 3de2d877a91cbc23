package engine

import (
	"runtime"
	"syscall"
	"unsafe"
)

// hugePage is the size from which a table gets memory of its own, in bytes.
const hugePage = 2 << 20

// slotTable is the memory of a seen-set's table.
type slotTable struct {
	slots   []slot
	mapped  []byte // nil if slots are on the Go heap
	dropped runtime.Cleanup
}

// newSlotTable returns n empty slots. A large table lies outside the Go heap on
// huge pages: its look-ups are random, so with small pages nearly each one misses
// the TLB, and page by page the kernel would spend more time on giving the memory
// out than the look-ups take.
func newSlotTable(n int) *slotTable {
	size := n * int(unsafe.Sizeof(slot{}))
	if size < hugePage {
		return &slotTable{slots: make([]slot, n)}
	}
	mem, err := syscall.Mmap(-1, 0, size, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		return &slotTable{slots: make([]slot, n)}
	}
	// Advice only: without huge pages the table is as right, and slower.
	_ = syscall.Madvise(mem, syscall.MADV_HUGEPAGE)
	t := &slotTable{slots: unsafe.Slice((*slot)(unsafe.Pointer(unsafe.SliceData(mem))), n), mapped: mem}
	t.dropped = runtime.AddCleanup(t, unmap, mem)
	return t
}

func unmap(mem []byte) { _ = syscall.Munmap(mem) }

// free gives the memory back at once; the slots must not be used any more. A table
// that is just dropped is freed when it is collected.
func (t *slotTable) free() {
	t.slots = nil
	if t.mapped != nil {
		t.dropped.Stop()
		unmap(t.mapped)
		t.mapped = nil
	}
}
