package shop

import "globalmart/internal/event"

// The topics that the rate is about, as slots of the schedule.
const (
	slotView = iota
	slotCart
	slotOrder
	slots
)

// planned is how much of the slots the sessions are planned to fill. The rest
// goes to visits of one event (a glance, something put into a cart from a list,
// the same order again), so that what is planned never queues up.
const planned = 0.97

// pace is what follows from the rate.
type pace struct {
	share  [slots]float64 // of the slots; adds up to 1
	step   float64        // milliseconds between slots, on average
	rhythm bool

	views         float64 // per session, on average
	startShare    float64 // of the view slots start a session
	ordersPerView float64
	cartsPerView  float64

	haste float64 // factor on the time between the steps of a session, at most 1
	ramp  float64 // milliseconds until sessions have their full length
	delay float64 // milliseconds, mean time until a return or a late purchase
}

const (
	lookTime = 25_000.0 // milliseconds between two views, on average
	buyTime  = 60_000.0 // milliseconds that the rest of a session takes, about
	// returnTime is the mean of the time until goods come back: 2.5 days.
	returnTime = 2.5 * 24 * 60 * 60 * 1000
	// returnRate is about how many returns and late purchases there are for an
	// order.
	returnRate = 0.08
)

func newPace(cfg *Config) pace {
	rate := cfg.Rate
	total := rate.Total()
	p := pace{
		share:         [slots]float64{slotView: rate.Views / total, slotCart: rate.Carts / total, slotOrder: rate.Orders / total},
		step:          1000 / total,
		rhythm:        rate.Rhythm,
		views:         min(max(rate.Views/rate.Orders/1.8, 1.3), 4),
		ordersPerView: rate.Orders / rate.Views * planned,
		cartsPerView:  rate.Carts / rate.Views * planned,
	}
	// Of the slots without a start, the further views of the sessions fill the
	// planned part: start*(views-1) = planned*(1-start).
	p.startShare = planned / (p.views - 1 + planned)
	stay := lookTime*(p.views-1) + buyTime
	inFlight := rate.Views * p.startShare * stay / 1000
	half := float64(cfg.MaxSessions) / 2
	p.haste = min(1, half/inFlight)
	// An opening shop has no visitors yet who could be at the end of their
	// visit. So visits begin short and grow in step with the time since.
	p.ramp = 2 * stay * p.haste
	p.delay = returnTime * min(1, half/(rate.Orders*returnRate*returnTime/1000))
	return p
}

// schedule hands out the slots: which topic is next, and when.
type schedule struct {
	pace    *pace
	rhythm  *rhythm
	start   event.Time
	credit  [slots]float64
	count   int64
	elapsed float64 // milliseconds, with a rhythm
}

// next returns the next slot: the topic that lags most behind its share, which
// mixes them as evenly as can be.
func (s *schedule) next() (at event.Time, slot int) {
	if s.pace.rhythm {
		at = s.start + event.Time(s.elapsed)
		s.elapsed += s.pace.step / s.rhythm.at(at).level
	} else {
		at = s.start + event.Time(float64(s.count)*s.pace.step)
	}
	s.count++
	for i, share := range s.pace.share {
		s.credit[i] += share
		if s.credit[i] > s.credit[slot] {
			slot = i
		}
	}
	s.credit[slot]--
	return at, slot
}
