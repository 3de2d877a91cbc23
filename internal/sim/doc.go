// Package sim holds a deterministic simulation of the stream engine, as tests:
// days of a shop with everything that goes wrong in them, in seconds.
//
// A seed draws a plan: shifts in which one to three workers run and things go
// wrong, and nights between them, from a restart to a long weekend, in which only
// the brokers and a few shoppers are there. The plan happens in a bubble of virtual
// time (testing/synctest). Afterwards everything heals, one worker drains the
// log, every record that was acknowledged has to be in it, and package verify
// proves the store against it, with every invariant but those of the API and the
// lake.
//
// Real are the workers (package engine with the folds of package processor), their
// Kafka clients, the producer, the shoppers of package shop, and the brokers:
// franz-go's kfake with its log on disk, which is what the embedded broker is.
//
// Simulated are
//   - time, and the clocks of workers and ingest, which are wrong;
//   - the network: connections that are cut, half-open, slow, or deaf;
//   - processes: killed at any moment and at failpoints, stopped as by SIGSTOP
//     for longer than their session, leaving and joining;
//   - brokers: other leaders and coordinators, errors, restarts, and crashes, after
//     which they have forgotten what producers had written and write it twice;
//   - the store: a memory that keeps what SQLite keeps (a test compares the two),
//     behind a server that locks the rows of tasks, is away, is slow, ends the
//     transactions of clients that are stopped, loses connections in mid-commit with
//     any outcome, at once or later, and damages snapshots.
//
// Not simulated: SQL and the databases themselves, disks that fail, the lake, the
// alerts, the API, a log that is trimmed. The chaos tests have those.
//
// What a seed determines: the plan, the shoppers and their events, the clocks,
// and the numbers that the store draws its faults from. What it does not: the
// order of goroutines that run at the same virtual instant, and the jitter that
// the engine and the Kafka client draw for themselves. So a seed that fails fails
// again mostly, not always; its log says what happened.
//
// Of a virtual day the workers run for some minutes: what a shift costs does not
// depend on the length of the night after it, and what takes hours in the engine
// (duplicates, lateness, sessions, carts) is counted from record times.
//
// The tests need the build tag synctests, which gives the Kafka client mutexes
// that virtual time does not stand still on.
package sim
