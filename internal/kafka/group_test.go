package kafka_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/store"
)

type placement = map[string]map[int32]kgo.Offset

var engineTopics = slices.Concat(store.Shopping.Topics(), store.Reference.Topics())

// member is a group member that polls, and notes what its hooks saw.
type member struct {
	client *kgo.Client
	done   chan struct{} // closed when the poll loop has ended
	cancel context.CancelFunc
	inside atomic.Int32 // hooks that run now

	mu       sync.Mutex
	assigned map[string][]int32 // now
	calls    []string           // hooks, in order
	errs     []error            // of polls
	records  int
	overlap  bool // two hooks ran at the same time
}

// join starts a member. adjust, if not nil, runs inside AdjustOffsets.
func (v virtual) join(t *testing.T, adjust func(context.Context, placement) (placement, error)) *member {
	t.Helper()
	m := &member{done: make(chan struct{}), assigned: map[string][]int32{}}
	client, err := kafka.NewGroup(v.cfg, "group", engineTopics, m.hooks(adjust), v.dial)
	if err != nil {
		t.Fatal(err)
	}
	m.client = client
	ctx, cancel := context.WithCancel(t.Context())
	m.cancel = cancel
	go m.poll(ctx)
	return m
}

func (m *member) hooks(adjust func(context.Context, placement) (placement, error)) kafka.GroupHooks {
	return kafka.GroupHooks{
		AdjustOffsets: func(ctx context.Context, given placement) (placement, error) {
			defer m.enter("adjust")()
			if adjust != nil {
				return adjust(ctx, m.take(given))
			}
			return m.take(given), nil
		},
		OnRevoked: func(context.Context, *kgo.Client, map[string][]int32) {
			defer m.enter("revoked")()
			m.take(nil)
		},
		OnLost: func(context.Context, *kgo.Client, map[string][]int32) {
			defer m.enter("lost")()
			m.take(nil)
		},
	}
}

// enter notes a call and returns what notes its end.
func (m *member) enter(name string) func() {
	if m.inside.Add(1) > 1 {
		m.mu.Lock()
		m.overlap = true
		m.mu.Unlock()
	}
	m.mu.Lock()
	m.calls = append(m.calls, name)
	m.mu.Unlock()
	return func() { m.inside.Add(-1) }
}

// take notes an assignment and returns where the engine would read it from.
func (m *member) take(given placement) placement {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.assigned = map[string][]int32{}
	from := placement{}
	for topic, partitions := range given {
		m.assigned[topic] = slices.Sorted(maps.Keys(partitions))
		from[topic] = map[int32]kgo.Offset{}
		for p := range partitions {
			from[topic][p] = kgo.NewOffset().At(0).WithEpoch(-1)
		}
	}
	return from
}

func (m *member) poll(ctx context.Context) {
	defer close(m.done)
	for ctx.Err() == nil {
		fetches := m.client.PollFetches(ctx)
		m.mu.Lock()
		m.records += fetches.NumRecords()
		for _, e := range fetches.Errors() {
			if ctx.Err() == nil {
				m.errs = append(m.errs, e.Err)
			}
		}
		m.mu.Unlock()
		m.client.AllowRebalance()
		if len(fetches.Errors()) > 0 {
			time.Sleep(time.Second) // the client asks again without any pause
		}
	}
}

func (m *member) leave() {
	m.cancel()
	<-m.done
	m.client.CloseAllowingRebalance()
}

// seen returns what was noted so far.
func (m *member) seen() (assigned map[string][]int32, calls []string, errs []error, records int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return maps.Clone(m.assigned), slices.Clone(m.calls), slices.Clone(m.errs), m.records
}

func (m *member) check(t *testing.T, calls ...string) {
	t.Helper()
	_, got, _, _ := m.seen()
	if diff := cmp.Diff(calls, got); diff != "" {
		t.Errorf("hooks (-want +got):\n%s", diff)
	}
	if m.overlap {
		t.Error("two hooks ran at the same time")
	}
}

// settle lets the group come to rest.
func settle() {
	time.Sleep(30 * time.Second)
	synctest.Wait()
}

func TestAssignmentsAreCoPartitionedFromOneToThreeToOneMembers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		var members []*member
		for range 3 {
			members = append(members, v.join(t, nil))
			settle()
			checkCoPartitioned(t, members)
		}
		for len(members) > 1 {
			members[0].leave()
			members = members[1:]
			settle()
			checkCoPartitioned(t, members)
		}
		members[0].leave()
	})
}

// checkCoPartitioned wants every partition to have one owner, and that the same
// for all topics.
func checkCoPartitioned(t *testing.T, members []*member) {
	t.Helper()
	owners := map[int32]int{}
	for i, m := range members {
		assigned, _, errs, _ := m.seen()
		if len(errs) > 0 || m.overlap {
			t.Errorf("member %d of %d: %v, overlap %t", i, len(members), errs, m.overlap)
		}
		for _, topic := range engineTopics {
			if diff := cmp.Diff(assigned[engineTopics[0]], assigned[topic]); diff != "" {
				t.Errorf("member %d of %d: %s differs from %s:\n%s", i, len(members), topic, engineTopics[0], diff)
			}
		}
		for _, p := range assigned[engineTopics[0]] {
			owners[p]++
		}
	}
	if diff := cmp.Diff(map[int32]int{0: 1, 1: 1, 2: 1, 3: 1}, owners); diff != "" {
		t.Errorf("owners of each partition with %d members (-want +got):\n%s", len(members), diff)
	}
}

func TestAMemberWithoutPartitionsIsAskedForNoOffsets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		var members []*member
		for range testPartitions + 1 {
			members = append(members, v.join(t, nil))
			settle()
		}
		spare := 0
		for _, m := range members {
			assigned, calls, _, _ := m.seen()
			if len(assigned) == 0 {
				spare++
				if len(calls) > 0 && calls[len(calls)-1] == "adjust" {
					t.Errorf("calls of the spare member: %v", calls)
				}
			}
		}
		if spare != 1 {
			t.Errorf("%d members have nothing, want 1", spare)
		}
		for _, m := range members {
			m.leave()
		}
	})
}

func TestHeartbeatsGoOnWhileOffsetsAreAdjusted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		send(t, newProducer(t, v.cfg, kafka.Live, v.dial), event.TopicTransactions, 10)
		m := v.join(t, func(_ context.Context, p placement) (placement, error) {
			time.Sleep(50 * time.Second) // five session timeouts
			return p, nil
		})
		time.Sleep(45 * time.Second)
		if _, _, _, records := m.seen(); records != 0 {
			t.Errorf("%d records were fetched before their offsets were known", records)
		}
		settle()
		if _, _, errs, records := m.seen(); records != 10 || len(errs) > 0 {
			t.Errorf("%d records, want 10; errors %v", records, errs)
		}
		m.check(t, "adjust")
		m.leave()
		m.check(t, "adjust", "revoked")
	})
}

func TestARebalanceEndsTheContextOfAdjustOffsets(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		first := true
		m := v.join(t, func(ctx context.Context, p placement) (placement, error) {
			if !first {
				return p, nil
			}
			first = false
			<-ctx.Done() // until the other one joins
			return nil, ctx.Err()
		})
		time.Sleep(5 * time.Second)
		other := v.join(t, nil)
		settle()
		checkCoPartitioned(t, []*member{m, other})
		m.check(t, "adjust", "revoked", "adjust")
		m.leave()
		other.leave()
	})
}

func TestAnErrorOfAdjustOffsetsLosesTheAssignmentAndJoinsAnew(t *testing.T) {
	causes := map[string]func(placement) (placement, error){
		"any error":                   func(placement) (placement, error) { return nil, errors.New("store is down") },
		"a cancelled call of its own": func(placement) (placement, error) { return nil, fmt.Errorf("store: %w", context.Canceled) },
		"a partition is missing": func(p placement) (placement, error) {
			delete(p[event.TopicProducts], 2)
			return p, nil
		},
	}
	for name, cause := range causes {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVirtual(t)
				defer v.cluster.Close()
				first := true
				m := v.join(t, func(_ context.Context, p placement) (placement, error) {
					if first {
						first = false
						return cause(p)
					}
					return p, nil
				})
				settle()
				_, _, errs, _ := m.seen()
				if len(errs) != 1 || !kafka.SessionLost(errs[0]) {
					t.Errorf("polls returned %v, want one error of the session", errs)
				}
				m.check(t, "adjust", "lost", "adjust")
				m.leave()
			})
		})
	}
}

func TestAMemberThatWasThrownOutLosesItsAssignmentAndJoinsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		v := newVirtual(t)
		defer v.cluster.Close()
		m := v.join(t, nil)
		settle()
		// The member's gate stays shut for longer than the rebalance timeout, as
		// when its process is stopped, while another one joins.
		m.cancel()
		<-m.done
		m.client.PollFetches(canceled(t))
		other := v.join(t, nil)
		time.Sleep(3 * time.Minute)
		checkCoPartitioned(t, []*member{other})
		m.client.AllowRebalance()
		m.done = make(chan struct{})
		ctx, cancel := context.WithCancel(t.Context())
		m.cancel = cancel
		go m.poll(ctx)
		settle()
		_, _, errs, _ := m.seen()
		for _, err := range errs {
			if !kafka.SessionLost(err) {
				t.Errorf("a poll returned %v", err)
			}
		}
		m.mu.Lock()
		m.errs = nil
		m.mu.Unlock()
		checkCoPartitioned(t, []*member{m, other})
		m.leave()
		other.leave()
	})
}

func canceled(t *testing.T) context.Context {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	return ctx
}

func TestAnOffsetThatTheLogDoesNotHoldIsAnErrorOfTheFetch(t *testing.T) {
	for name, offset := range map[string]int64{"below its start": 3, "beyond its end": 1000} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				v := newVirtual(t)
				defer v.cluster.Close()
				fill(t, v.cfg, 20, v.dial)
				trim(t, v.cfg, 5, v.dial)
				m := v.join(t, func(_ context.Context, p placement) (placement, error) {
					p[event.TopicTransactions][0] = kgo.NewOffset().At(offset).WithEpoch(-1)
					return p, nil
				})
				settle()
				_, _, errs, records := m.seen()
				if len(errs) == 0 || kafka.SessionLost(errs[0]) || !strings.Contains(errs[0].Error(), "OFFSET_OUT_OF_RANGE") {
					t.Errorf("polls returned %v", errs)
				}
				if records != 20 {
					t.Errorf("%d records, want the 20 of the other partition", records)
				}
				m.leave()
			})
		})
	}
}
