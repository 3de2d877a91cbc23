// Package flat writes Parquet files of flat rows: no nesting, no floating point,
// one writer that knows nothing of what the columns mean.
//
// It puts pages together itself, with the encodings and the footer of
// parquet-go, because a writer that takes whole rows costs three times the CPU
// of what is done here (see the benchmarks). It writes only what every reader of
// the last years reads: data pages of version 1, definition levels of one bit,
// plain and dictionary text, delta-coded integers, zstd of level 1 where it pays.
// Every page has its checksum.
//
// Units: lengths are bytes. Guarantees: equal rows, cut into equal row groups,
// give equal bytes.
package flat
