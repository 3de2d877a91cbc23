package engine

// Expecter is a [Fold] that is faster if it hears of records before they come.
type Expecter interface {
	// Expect is told the keys of records of which most will be applied soon, in
	// this order, among others. The keys are valid during the call only.
	Expect(keys [][]byte)
}

// lookAhead is how many records of an input a fold is told of at once.
const lookAhead = 16

// expect tells the fold of the records of in that come next, if it wants to know
// and was not told of them yet.
func (t *task[C]) expect(in *input) {
	if in.expected > 0 {
		in.expected--
		return
	}
	n := min(len(in.queue), lookAhead)
	if t.expecter == nil || n < 2 {
		return
	}
	t.keys = t.keys[:0]
	for _, r := range in.queue[:n] {
		t.keys = append(t.keys, r.Key)
	}
	t.expecter.Expect(t.keys)
	in.expected = n - 1
}
