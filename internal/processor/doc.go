// Package processor holds the pure folds of the stream: what an event means for
// the live tables. A processor sees the events of one task once each, in an
// order of which nothing may depend but the order within one topic, which is the
// log's, and adds rows to the task's changes.
//
// Nothing here does I/O, reads a clock or draws random numbers.
package processor
