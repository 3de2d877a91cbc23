package shop

import (
	"iter"
	"slices"

	"globalmart/internal/event"
)

// source is the source that events name.
const source = "generator"

// Shop is a catalogue and its shoppers. It does not change and is safe for
// concurrent use; every iterator keeps its own state.
type Shop struct {
	cfg        Config
	key        uint64 // of what happens: made of seed and start
	catalogue  *catalogue
	population *population
	rhythm     *rhythm
	perBase    []float64 // by country: minor units of its currency for one of the reporting currency
	pace       pace

	shard, shards uint64 // which of how many; 0 of 1 is the whole shop
}

// New returns the shop of cfg, or every problem of cfg.
func New(cfg Config) (*Shop, error) {
	if err := cfg.Validate(); err != nil {
		return nil, err
	}
	cfg.Countries = slices.Clone(cfg.Countries)
	s := &Shop{
		cfg:        cfg,
		key:        hash(derive(cfg.Seed, forEvent), uint64(cfg.Start)),
		catalogue:  newCatalogue(&cfg),
		population: newPopulation(&cfg),
		rhythm:     newRhythm(cfg.Countries),
		pace:       newPace(&cfg),
		shards:     1,
	}
	for _, c := range cfg.Countries {
		factor, err := cfg.price(c.Currency)
		if err != nil {
			return nil, err
		}
		s.perBase = append(s.perBase, factor)
	}
	return s, nil
}

// Events yields what happens in the shop from Config.Start on, without end.
// Every call starts anew and yields the same.
func (s *Shop) Events() iter.Seq[Emission] {
	return func(yield func(Emission) bool) {
		newRun(s, yield).forever()
	}
}

// localPrice is the price of product p in the currency of a country, at least
// one minor unit.
func (s *Shop) localPrice(p int, country uint8) event.Minor {
	return s.localAmount(float64(s.catalogue.price[p]), country)
}

// localAmount converts minor units of the reporting currency.
func (s *Shop) localAmount(base float64, country uint8) event.Minor {
	return max(1, event.Minor(base*s.perBase[country]+0.5))
}
