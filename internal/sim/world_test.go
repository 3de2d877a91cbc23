package sim

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kfake"
	"github.com/twmb/franz-go/pkg/kgo"

	"globalmart/internal/event"
	"globalmart/internal/kafka"
	"globalmart/internal/rules"
	"globalmart/internal/shop"
	"globalmart/internal/store"
)

// opening is when every simulation begins: a bubble begins in 2000, before which
// no event may be dated.
var opening = time.Date(2026, 6, 1, 6, 0, 0, 0, time.UTC)

// world is everything that is simulated.
type world struct {
	plan   plan
	chance *rand.Rand
	tally  *tally
	log    *slog.Logger
	rules  rules.Rules
	kafka  kafka.Config

	network *kfake.VirtualNetwork
	brokers *brokers
	server  *server
	traffic *traffic
	workers [slots]*worker // nil: none runs there
	left    []*worker      // those that have ended, or are about to
	started int
}

// newWorld starts brokers, a store and shops. The caller closes it, also after an
// error.
func newWorld(ctx context.Context, p plan, dir string, t *tally, log *slog.Logger, record func(operation)) (*world, error) {
	time.Sleep(time.Until(opening))
	network := new(kfake.VirtualNetwork)
	w := &world{
		plan: p, chance: rand.New(rand.NewPCG(p.seed, 2)), tally: t, log: log, rules: rules.Default(),
		network: network, brokers: &brokers{network: network, dir: dir},
		server: newServer(newMemory(time.Now), rand.New(rand.NewPCG(p.seed, 3)), t),
	}
	w.server.record = record
	for _, port := range ports {
		w.kafka.Brokers = append(w.kafka.Brokers, fmt.Sprintf("127.0.0.1:%d", port))
	}
	w.kafka.ClientID = "sim"
	if err := w.brokers.start(); err != nil {
		return w, err
	}
	h := newHost(network)
	if err := kafka.CreateTopics(ctx, w.kafka, kafka.TopicPlan{Partitions: partitions}, kgo.Dialer(h.dial)); err != nil {
		return w, err
	}
	var err error
	if w.traffic, err = newTraffic(h, w.kafka, w.rules, p.seed, rand.New(rand.NewPCG(p.seed, 4))); err != nil {
		return w, err
	}
	return w, w.traffic.stock(ctx)
}

// close ends everything that runs.
func (w *world) close() {
	for _, one := range w.workers {
		if one != nil {
			one.kill()
			w.left = append(w.left, one)
		}
	}
	for _, one := range w.left {
		one.kill()
		<-one.done
	}
	if w.traffic != nil {
		w.traffic.producer.Close()
		w.traffic.host.kill()
	}
	w.brokers.stop()
	w.server.working.Wait()
}

// run lets the plan happen.
func (w *world) run() error {
	for i := range w.plan.shifts {
		if err := w.shift(&w.plan.shifts[i]); err != nil {
			return fmt.Errorf("shift %d: %w", i, err)
		}
	}
	return nil
}

// business is what goes on in the shop all day and night.
var business = shop.Business(12)

func (w *world) shift(s *shift) error {
	ctx, closeShop := context.WithCancel(context.Background())
	defer w.traffic.busy.Wait()
	defer closeShop()
	w.traffic.open(ctx, business)
	rush, calm := context.WithTimeout(ctx, s.length)
	defer calm()
	w.traffic.open(rush, shop.Load(s.rate))

	began := time.Now()
	for slot := range s.workers {
		if err := w.join(slot); err != nil {
			return err
		}
	}
	for _, step := range s.steps {
		time.Sleep(time.Until(began.Add(step.at)))
		w.log.Info("step", "what", step.String())
		if err := errors.Join(w.happen(&step), w.check()); err != nil {
			return fmt.Errorf("%s: %w", step, err)
		}
	}
	time.Sleep(time.Until(began.Add(s.length)))
	w.log.Info("night", "for", s.night, "blackout", s.blackout)
	w.bury()
	for slot := range w.workers {
		if s.blackout {
			w.crash(slot)
		} else if err := w.leave(slot); err != nil {
			return err
		}
	}
	time.Sleep(s.night)
	return w.check()
}

// check returns the error of what has failed and should not have.
func (w *world) check() error {
	errs := []error{w.traffic.failed()}
	for _, one := range w.left {
		errs = append(errs, one.ended())
	}
	for _, one := range w.workers {
		if one != nil {
			errs = append(errs, one.ended())
		}
	}
	return errors.Join(errs...)
}

// join starts a worker in a slot, if none runs there. Clocks of machines differ.
func (w *world) join(slot int) error {
	if w.workers[slot] != nil {
		return nil
	}
	wrong := time.Duration(0)
	if w.chance.IntN(3) == 0 {
		wrong = between(w.chance, -2*time.Minute, 2*time.Minute)
	}
	w.started++
	one, err := startWorker(fmt.Sprintf("%d/%d", slot, w.started), newHost(w.network), w.server, w.kafka, w.rules, wrong, w.log)
	if err != nil {
		return err
	}
	w.tally.add(join)
	w.workers[slot] = one
	return nil
}

// crash kills the worker of a slot.
func (w *world) crash(slot int) {
	if one := w.workers[slot]; one != nil {
		w.tally.add(crash)
		w.tally.count(rebalance, int(one.engine.Status().Rebalances))
		one.kill()
		w.left, w.workers[slot] = append(w.left, one), nil
	}
}

// bury takes workers that died at a failpoint out of their slots.
func (w *world) bury() {
	for slot, one := range w.workers {
		if one != nil && one.host.isDead() {
			w.left, w.workers[slot] = append(w.left, one), nil
		}
	}
}

// patience is how long a worker may take to stop: a few seconds, and as long as
// one that is frozen, or cut off from everything, takes to come back.
const patience = 5 * time.Minute

// leave stops the worker of a slot as SIGTERM does.
func (w *world) leave(slot int) error {
	one := w.workers[slot]
	if one == nil {
		return nil
	}
	w.tally.add(leave)
	w.tally.count(rebalance, int(one.engine.Status().Rebalances))
	w.left, w.workers[slot] = append(w.left, one), nil
	one.cancel()
	select {
	case <-one.done:
		return one.ended()
	case <-time.After(patience):
		return fmt.Errorf("worker %s does not stop", one.name)
	}
}

// ends are the ends of the log.
func (w *world) ends() kafka.Offsets {
	ends := kafka.Offsets{}
	for _, topic := range append(slices.Clip(readTopics), event.TopicOtherEvents, event.TopicDeadLetters) {
		ends[topic] = map[int32]int64{}
		for _, p := range w.brokers.cluster.PartitionInfos(topic) {
			ends[topic][p.Partition] = p.HighWatermark
		}
	}
	return ends
}

// drained reports whether everything in the log is applied, and every dead letter
// sent.
func (w *world) drained(ends kafka.Offsets) bool {
	ctx := context.Background()
	for _, f := range store.Families {
		for p := range int32(partitions) {
			id := store.TaskID{Family: f, Partition: p}
			_, positions, _ := w.server.memory.Positions(ctx, id) // never fails
			for _, topic := range f.Topics() {
				if positions[topic].Next < ends[topic][p] {
					return false
				}
			}
			if letters, _ := w.server.memory.Outbox(ctx, id, 1); len(letters) > 0 {
				return false
			}
		}
	}
	return true
}
