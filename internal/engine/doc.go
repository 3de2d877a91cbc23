// Package engine is the stream engine: it reads the log, folds it and makes the
// results durable, exactly once.
//
// Four rules carry it. P1: results and input offsets are committed in one store
// transaction. P2: results are functions of the set of events, never of their
// order between partitions, of batch boundaries, worker count or restarts. P3:
// one horizon D decides by arrival time what is too late to be applied. P4: the
// task clock decides when finals are written, never what they say.
//
// A task is one partition of one family of topics, folded in memory by one
// goroutine: the oldest record of its topics first, and one of which the log has
// more than was fetched is waited for, as Kafka Streams does (KIP-695). So a
// worker that is days behind sees what one that is up to date saw. A worker owns the tasks that Kafka's group protocol assigns to its
// process; one committer per worker groups what its tasks have ready into one
// transaction. Ownership is fenced by epochs in the store, so a worker that was
// frozen or cut off can never write again for a task that has moved on.
//
// Every record read gets exactly one disposition: applied, duplicate, dead or
// too_old.
package engine
