package engine

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
// What has to wait for the end of a replay does not count: it is not folded away
// before the rest of the replay has been read.
func (t *task[C]) crowded() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
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
// replay, and lets it fetch them once it has ended or the task is closed.
func (t *task[C]) hold(client fetching) {
	t.mu.Lock()
	defer t.mu.Unlock()
	replaying := !t.closed && t.replaying()
	for _, in := range t.inputs {
		want := replaying && !in.replay
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
