package api

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"globalmart/internal/keys"
)

const (
	// ringFrames and ringBytes bound what is kept for clients that come back.
	ringFrames = 600
	ringBytes  = 4 << 20
	// behind is how many frames a client may be behind before it is cut.
	behind = 64
	// share is the part of its time that a topic may be asked: what takes long is asked
	// less often than every tick.
	share = 10
)

// frame is one event of a stream, as every client is sent it.
type frame struct {
	seq   int64
	topic string
	tag   string // of what it tells
	text  []byte
}

// listener is one client of the hub.
type listener struct {
	key    keys.Key
	topics []string
	frames chan *frame
	gone   chan struct{} // closed when the hub has nothing more for it
}

// hub asks what streams tell: each topic that somebody listens to once a tick, however
// many do. While nobody listens it asks nothing, and no goroutine of it runs.
type hub struct {
	api  *API
	boot string // tells the frames of this process from those of another
	kick chan struct{}

	mu        sync.Mutex
	listeners map[*listener]struct{}
	perKey    map[string]int
	perTopic  map[string]int
	ring      []*frame // the last ones, oldest first
	ringSize  int      // bytes
	seq       int64
	last      map[string]*frame    // what is known of each topic that is listened to
	due       map[string]time.Time // when topics that take long are asked again
	running   bool
	closed    bool
	done      sync.WaitGroup
	stop      context.CancelFunc
}

func newHub() *hub {
	return &hub{
		boot: rand.Text()[:8], kick: make(chan struct{}, 1),
		listeners: map[*listener]struct{}{}, perKey: map[string]int{}, perTopic: map[string]int{},
		last: map[string]*frame{}, due: map[string]time.Time{},
	}
}

var (
	errManyStreams  = errors.New("too many streams are open")
	errManyOfKey    = errors.New("too many streams of this key are open")
	errShuttingDown = errors.New("shutting down")
)

// join adds a client that has got everything up to the frame lastID, "" if it is new,
// and returns what it is to be sent first.
func (h *hub) join(key keys.Key, topics []string, lastID string) (*listener, []*frame, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	limits := h.api.cfg.Limits
	switch {
	case h.closed:
		return nil, nil, errShuttingDown
	case len(h.listeners) >= limits.Streams:
		return nil, nil, errManyStreams
	case h.perKey[key.ID] >= limits.StreamsPerKey:
		return nil, nil, errManyOfKey
	}
	first := h.first(topics, lastID)
	l := &listener{key: key, topics: topics, frames: make(chan *frame, behind), gone: make(chan struct{})}
	h.listeners[l] = struct{}{}
	h.perKey[key.ID]++
	for _, topic := range topics {
		if h.perTopic[topic]++; h.perTopic[topic] == 1 {
			delete(h.last, topic) // nobody has looked for a while
			delete(h.due, topic)
			h.wake()
		}
	}
	if !h.running {
		h.running = true
		ctx, cancel := context.WithCancel(context.Background())
		h.stop = cancel
		h.done.Go(func() { h.run(ctx) })
	}
	return l, first, nil
}

// first is what a client is sent first: what it has missed; or, if that is not known
// any more, a frame that says so and what there is now.
func (h *hub) first(topics []string, lastID string) (frames []*frame) {
	wanted := func(f *frame) bool { return slices.Contains(topics, f.topic) }
	if lastID != "" {
		if seen, ok := h.place(lastID); ok {
			for _, f := range h.ring {
				if f.seq > seen && wanted(f) {
					frames = append(frames, f)
				}
			}
			return frames
		}
		frames = append(frames, &frame{text: []byte("event: resync\nid: " + h.id(h.seq) + "\ndata: {}\n\n")})
	}
	for _, topic := range topics {
		if f := h.last[topic]; f != nil && h.perTopic[topic] > 0 {
			frames = append(frames, f)
		}
	}
	return frames
}

func (h *hub) id(seq int64) string { return h.boot + "-" + strconv.FormatInt(seq, 10) }

// place reads an id that this process has given, if all after it is still there.
func (h *hub) place(id string) (seq int64, ok bool) {
	boot, number, _ := strings.Cut(id, "-")
	seq, err := strconv.ParseInt(number, 10, 64)
	if err != nil || boot != h.boot || seq > h.seq {
		return 0, false
	}
	return seq, seq == h.seq || len(h.ring) > 0 && seq >= h.ring[0].seq-1
}

// leave takes a client away. It may be called again.
func (h *hub) leave(l *listener) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.drop(l)
}

func (h *hub) drop(l *listener) {
	if _, there := h.listeners[l]; !there {
		return
	}
	delete(h.listeners, l)
	close(l.gone)
	if h.perKey[l.key.ID]--; h.perKey[l.key.ID] == 0 {
		delete(h.perKey, l.key.ID)
	}
	for _, topic := range l.topics {
		h.perTopic[topic]--
	}
}

// wake has the next tick come at once.
func (h *hub) wake() {
	select {
	case h.kick <- struct{}{}:
	default:
	}
}

// close ends every stream and waits until nothing is asked any more.
func (h *hub) close() {
	h.mu.Lock()
	h.closed = true
	for l := range h.listeners {
		h.drop(l)
	}
	if h.stop != nil {
		h.stop()
	}
	h.mu.Unlock()
	h.done.Wait()
}

func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.listeners)
}

// run ticks until nobody listens.
func (h *hub) run(ctx context.Context) {
	ticker := time.NewTicker(h.api.cfg.Limits.Tick) //nolint:forbidigo // what is told at a tick is read by the API's clock
	defer ticker.Stop()
	for {
		h.tick(ctx)
		select {
		case <-ctx.Done():
		case <-h.kick:
		case <-ticker.C:
		}
		h.mu.Lock()
		if over := len(h.listeners) == 0 || ctx.Err() != nil; over {
			h.running = false
			h.mu.Unlock()
			return
		}
		h.mu.Unlock()
	}
}

// tick lets go whose key is no longer right, and asks what is due.
func (h *hub) tick(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, h.api.cfg.Limits.Timeout)
	defer cancel()
	h.checkKeys(ctx)
	now := h.api.cfg.Now()
	h.mu.Lock()
	var topics []string
	for _, t := range h.api.liveTopics() {
		if h.perTopic[t.name] > 0 && !now.Before(h.due[t.name]) {
			topics = append(topics, t.name)
		}
	}
	h.mu.Unlock()
	if len(topics) == 0 {
		return
	}
	told, err := h.api.tell(ctx, topics)
	if err != nil && ctx.Err() == nil {
		h.api.cfg.Log.WarnContext(ctx, "the live streams cannot tell", "error", err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, t := range told {
		h.due[t.topic] = t.began.Add(share * t.took)
		if last := h.last[t.topic]; last == nil || last.tag != t.tag {
			h.publish(t)
		}
	}
}

// publish sends a frame to those who listen to its topic, and cuts those who are too
// far behind to take it.
func (h *hub) publish(t telling) {
	h.seq++
	f := &frame{seq: h.seq, topic: t.topic, tag: t.tag}
	f.text = fmt.Appendf(nil, "event: %s\nid: %s\ndata: %s\n\n", t.topic, h.id(h.seq), bytes.TrimSpace(t.body))
	h.last[t.topic] = f
	h.ring = append(h.ring, f)
	h.ringSize += len(f.text)
	for len(h.ring) > ringFrames || h.ringSize > ringBytes {
		h.ringSize -= len(h.ring[0].text)
		h.ring = h.ring[1:]
	}
	for l := range h.listeners {
		if !slices.Contains(l.topics, t.topic) {
			continue
		}
		select {
		case l.frames <- f:
		default:
			h.api.counts.cut.Add(1)
			h.drop(l)
		}
	}
}

// checkKeys ends the streams of keys that are over.
func (h *hub) checkKeys(ctx context.Context) {
	h.mu.Lock()
	held := map[string][]*listener{}
	for l := range h.listeners {
		held[l.key.Fingerprint()] = append(held[l.key.Fingerprint()], l)
	}
	h.mu.Unlock()
	for _, one := range slices.Sorted(maps.Keys(held)) {
		if err := h.api.cfg.Keys.Check(ctx, held[one][0].key); errors.Is(err, keys.ErrUnknown) {
			for _, l := range held[one] {
				h.leave(l)
			}
		}
	}
}
