package shop

import (
	"math"

	"globalmart/internal/event"
)

// population is everybody who may come. A shopper is a number; everything about
// one is a hash of it.
type population struct {
	country []region
	key     uint64
	userKey uint64
	visitor uint64 // key
}

// region is the shoppers of one country: the numbers from first on.
type region struct {
	first uint64
	order permutation // activity rank -> shopper
}

func newPopulation(cfg *Config) *population {
	p := &population{
		key:     derive(cfg.Seed, forShopper),
		userKey: derive(cfg.Seed, forShopperID),
		visitor: derive(cfg.Seed, forVisitor),
	}
	var sum, upTo float64
	for _, c := range cfg.Countries {
		sum += c.Weight
	}
	all, first := uint64(cfg.Shoppers), uint64(0)
	for i, c := range cfg.Countries {
		upTo += c.Weight
		// Every country has one shopper at least, whatever its weight.
		rest := uint64(len(cfg.Countries) - 1 - i)
		end := min(max(uint64(upTo/sum*float64(all)), first+1), all-rest)
		if rest == 0 {
			end = all
		}
		p.country = append(p.country, region{first, newPermutation(end-first, hash(p.key, ^uint64(i)))})
		first = end
	}
	return p
}

// Activity falls with the rank x in [0, 1) of a shopper in the country as
// (x + flat)^-3/4: a heavy tail, in which the busiest come 54 times as often as
// the mean and half of all come less than half as often. The exponent makes the
// inverse of the distribution a fourth power.
const flat = 0.001

var flatRoot = math.Sqrt(math.Sqrt(flat))

var activitySpan = math.Sqrt(math.Sqrt(1+flat)) - flatRoot

// pick returns a shopper of a country, of those of a shard; u is in [0, 1).
func (p *population) pick(country int, u float64, shard, shards uint64) uint64 {
	r := &p.country[country]
	root := u*activitySpan + flatRoot
	x := root*root*root*root - flat
	rank := min(uint64(max(x, 0)*float64(r.order.n)), r.order.n-1)
	return r.first + r.order.at(ofShard(rank, r.order.n, shard, shards))
}

// Registrations lie between these instants, evenly: the first of January of
// 2010 and 2028.
const (
	firstRegistration event.Time = 1_262_304_000_000
	lastRegistration  event.Time = 1_830_297_600_000
)

const (
	accounts     = 0.85 // of the shoppers have or will have one
	secondDevice = 0.4  // of the shoppers use two
	skewed       = 0.03 // of the devices have a clock that is wrong
	mostSkew     = 90_000
)

// dice returns the random numbers of a shopper.
func (p *population) dice(shopper uint64) dice { return dice(hash(p.key, shopper)) }

// registered returns when the shopper opened an account, and false if the
// shopper has none at now.
func (p *population) registered(shopper uint64, now event.Time) (event.Time, bool) {
	d := p.dice(shopper)
	if !d.chance(accounts) {
		return 0, false
	}
	at := firstRegistration + event.Time(d.float()*float64(lastRegistration-firstRegistration))
	return at, at <= now
}

// userID is the number that the user_id of a shopper is made of.
func (p *population) userID(shopper uint64) uint64 { return hash(p.userKey, shopper) }

// visitorID is the number that the visitor_id of one of a shopper's devices is
// made of. Its bits also say what the device is like.
func (p *population) visitorID(shopper uint64, device uint8) uint64 {
	return hash(p.visitor, shopper<<1|uint64(device))
}

// clockError is how far ahead the clock of a visitor's device is, milliseconds.
func clockError(visitor uint64) int64 {
	d := dice(visitor ^ forFault)
	if !d.chance(skewed) {
		return 0
	}
	return int64(d.below(2*mostSkew+1)) - mostSkew
}

// describe fills e with what a shopper likes: one to three categories, appended
// to preferences.
func (s *Shop) describe(shopper uint64, e *event.Event, preferences []string) {
	d := dice(mix(uint64(s.population.dice(shopper))))
	for range 1 + d.below(3) {
		preferences = append(preferences, s.catalogue.categories[d.below(len(s.catalogue.categories))])
	}
	e.Preferences = preferences
}
