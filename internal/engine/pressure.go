package engine

import "time"

// maxStarved is how long the inputs of a task wait for one of them of which nothing
// can be fetched: longer than a broker of a cluster takes to replace another.
const maxStarved = 30 * time.Second

// queued is the number of records that wait to be folded.
func (t *task[C]) queued() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	n := 0
	for _, in := range t.inputs {
		n += len(in.queue)
	}
	return n
}

// crowded reports whether so much waits to be folded that no more should be read.
// What has to wait for the end of a replay, or for an input of which nothing is
// fetched, does not count: it is not folded away before more has been read. A task
// that is full has to wait for the store first.
func (t *task[C]) crowded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if !t.full() && t.waits() {
		return false
	}
	n, bytes := 0, 0
	replaying := t.replaying()
	for _, in := range t.inputs {
		if in.replay || !replaying {
			n += len(in.queue)
			bytes += in.bytes
		}
	}
	return n > maxQueued || bytes > maxQueuedBytes
}

// fetching is what a task needs of the client to hold back its inputs.
type fetching interface {
	PauseFetchPartitions(map[string][]int32) map[string][]int32
	ResumeFetchPartitions(map[string][]int32)
}

// hold keeps the client from fetching inputs that have to wait for the end of a
// replay, or that have enough while another one is waited for. It lets it fetch
// them once that has ended or the task is closed.
func (t *task[C]) hold(client fetching) {
	t.mu.Lock()
	defer t.mu.Unlock()
	replaying, waits := !t.closed && t.replaying(), !t.closed && t.waits()
	for _, in := range t.inputs {
		want := replaying && !in.replay || waits && in.plenty()
		if want == in.held {
			continue
		}
		in.held = want
		at := map[string][]int32{in.topic: {t.id.Partition}}
		if want {
			client.PauseFetchPartitions(at)
		} else {
			client.ResumeFetchPartitions(at)
		}
	}
}

// waits reports whether an input has to be waited for: more of it is to come, and
// could be older than what the others have.
func (t *task[C]) waits() bool {
	replaying := t.replaying()
	for _, in := range t.inputs {
		if in.awaited(replaying) && !in.forsaken {
			return true
		}
	}
	return false
}

// plenty reports whether in has its share of what a task may have queued.
func (in *input) plenty() bool {
	return len(in.queue) > maxQueued/2 || in.bytes > maxQueuedBytes/2
}

// forsake ends the wait for inputs of which nothing could be fetched for long, and
// returns their topics: that the leader of one partition is away must not stop all
// numbers. They are waited for again once something of them has come. polled is how
// long the worker polled since the last call: while it does not, the wait is its own.
func (t *task[C]) forsake(polled time.Duration) (topics []string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	replaying := t.replaying()
	for _, in := range t.inputs {
		if !in.awaited(replaying) {
			in.starved = 0
			continue
		}
		in.starved += polled
		if !in.forsaken && in.starved >= maxStarved {
			in.forsaken = true
			topics = append(topics, in.topic)
		}
	}
	if len(topics) > 0 {
		signal(t.wake)
	}
	return topics
}

// lag is the number of records that the log is known to have and that are not
// folded.
func (t *task[C]) lag() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	var n int64
	for _, in := range t.inputs {
		n += max(0, in.end-in.next)
	}
	return n
}

// ready is how many records are folded and wait for a commit, and whether no more
// are folded before it.
func (t *task[C]) ready() (records int, full bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.pending, t.full()
}
