package sim

import (
	"fmt"
	"time"

	"globalmart/internal/store"
)

// happen lets one step happen. A step of a worker starts one if none runs.
func (w *world) happen(s *step) error {
	w.bury()
	one := w.workers[s.slot]
	switch s.what {
	case join:
		return w.join(s.slot)
	case crash, crashAtPoint, leave, frozen, frozenAtPoint, cut, stall, slowWire:
		if one == nil {
			return w.join(s.slot)
		}
		return w.happenTo(one, s)
	case storeAway:
		w.server.goAway(s.d)
	case slowCall:
		w.server.slowDown(s.d, time.Duration(1+s.n)*2*time.Millisecond)
	case unknownCommitted:
		w.server.lose(1 + s.n%4)
	case damaged:
		id := store.TaskID{Family: store.Shopping, Partition: int32(s.n % partitions)}
		if w.server.damage(id) {
			w.tally.add(damaged)
		}
	case clockJump:
		w.tally.add(clockJump)
		w.traffic.jump(time.Duration(s.n-500) * time.Second)
	case leaderMove:
		return w.moveLeaders(s)
	case brokerError:
		hits := w.brokers.refuse(s.n%len(refusals), 1+s.slot, s.d)
		time.AfterFunc(s.d, func() { w.tally.count(brokerError, hits()) })
	case brokerRestart, brokerCrash:
		return w.restartBrokers(s)
	default:
		return fmt.Errorf("nobody knows how to do that")
	}
	return nil
}

func (w *world) happenTo(one *worker, s *step) error {
	switch s.what {
	case leave:
		return w.leave(s.slot)
	case crash:
		w.crash(s.slot)
	case crashAtPoint:
		one.at(s.point, func() {
			w.tally.add(crashAtPoint)
			one.kill()
		})
	case frozen:
		w.tally.add(frozen)
		one.stopFor(s.d)
	case frozenAtPoint:
		one.at(s.point, func() {
			w.tally.add(frozenAtPoint)
			one.stopFor(s.d)
		})
	case cut:
		w.tally.add(cut)
		one.host.cut()
		w.traffic.host.cut()
	case stall:
		w.tally.add(stall)
		one.host.wire.close()
		time.AfterFunc(s.d, one.host.wire.open)
	case slowWire:
		w.tally.add(slowWire)
		one.host.slow(time.Duration(s.n/4) * time.Millisecond)
		time.AfterFunc(s.d, func() { one.host.slow(0) })
	}
	return nil
}

// moveLeaders gives a third of the partitions another leader, and the group
// another coordinator.
func (w *world) moveLeaders(s *step) error {
	for i, topic := range readTopics {
		w.tally.add(leaderMove)
		if err := w.brokers.move(topic, int32((i+s.n)%partitions)); err != nil {
			return err
		}
	}
	w.brokers.cluster.RehashCoordinators()
	return nil
}

// restartBrokers takes the brokers away for a while. Before a crash, for some
// milliseconds, they write what they get, and the answers are lost.
func (w *world) restartBrokers(s *step) error {
	if s.what == brokerRestart {
		w.tally.add(brokerRestart)
		w.brokers.stop()
	} else {
		w.tally.add(brokerCrash)
		w.traffic.host.deaf.close()
		time.Sleep(2 * time.Second)
		w.traffic.host.cut()
		w.traffic.host.deaf.open()
		if err := w.brokers.crash(); err != nil {
			return err
		}
	}
	time.Sleep(s.d / 2)
	return w.brokers.start()
}
