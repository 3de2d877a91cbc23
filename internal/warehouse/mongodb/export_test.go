package mongodb

import "time"

// ErrKilled ends a publication as the death of its process would.
var ErrKilled = errKilled

// OnStep calls step between two steps of publishing; its error ends that.
func (w *Warehouse) OnStep(step func(name string) error) { w.step = step }

// SetLease sets how long a publisher may be silent.
func (w *Warehouse) SetLease(d time.Duration) { w.lease = d }
