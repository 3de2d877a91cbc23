package shop

import (
	"iter"
	"math"

	"globalmart/internal/event"
)

// catalogue holds the products: tables by product number.
type catalogue struct {
	categories []string
	ids        string    // "P0000001P0000002...": one string, cut on demand
	price      []int32   // minor units of the reporting currency
	category   []uint16  // index into categories
	daily      []float32 // units that are expected to be sold a day
	median     []int32   // of prices, by category

	popularity alias       // over ranks
	place      permutation // rank -> product
	key        uint64
}

const (
	productIDLength = 8
	leastPrice      = 99
	mostPrice       = 5_000_000
)

func newCatalogue(cfg *Config) *catalogue {
	n := cfg.Products
	c := &catalogue{
		categories: newCategories(cfg.Categories),
		price:      make([]int32, n),
		category:   make([]uint16, n),
		daily:      make([]float32, n),
		median:     make([]int32, cfg.Categories),
		key:        derive(cfg.Seed, forProduct),
	}
	ids := make([]byte, 0, n*productIDLength)
	for p := range n {
		ids = appendProductID(ids, p)
		d := c.dice(p)
		// The exponent makes some categories wide and others narrow.
		c.category[p] = uint16(math.Pow(d.float(), 1.5) * float64(cfg.Categories))
		mu, sigma := priceCurve(cfg.Seed, int(c.category[p]))
		c.price[p] = int32(min(max(math.Round(math.Exp(mu+sigma*normal(&d))), leastPrice), mostPrice))
	}
	c.ids = string(ids)
	for k := range c.median {
		mu, _ := priceCurve(cfg.Seed, k)
		c.median[k] = int32(math.Exp(mu))
	}
	weights := zipfWeights(n, cfg.ZipfExponent)
	c.popularity = newAlias(weights)
	c.place = newPermutation(uint64(n), derive(cfg.Seed, forCatalogue))
	units := cfg.Rate.Orders * 24 * 60 * 60 * unitsPerTransaction / float64(n)
	for rank, w := range weights {
		c.daily[c.product(rank)] = float32(units * w)
	}
	return c
}

// unitsPerTransaction is about how many units an event of the topic
// transactions sells.
const unitsPerTransaction = 1.5

// priceCurve returns the parameters of a category's log-normal prices: medians
// from about 8 to 250 in whole units, a factor of 1.4 to 2 to either side.
func priceCurve(seed uint64, category int) (mu, sigma float64) {
	d := dice(hash(derive(seed, forCategory), uint64(category)))
	return math.Log(800) + d.float()*math.Log(250.0/8), 0.35 + 0.35*d.float()
}

// normal returns a standard normal number (Box and Muller, 1958).
func normal(d *dice) float64 {
	r := math.Sqrt(-2 * math.Log(1-d.float()))
	return r * math.Cos(2*math.Pi*d.float())
}

func appendProductID(b []byte, p int) []byte {
	var digits [productIDLength]byte
	digits[0] = 'P'
	for i, n := productIDLength-1, p+1; i > 0; i-- {
		digits[i] = byte('0' + n%10)
		n /= 10
	}
	return append(b, digits[:]...)
}

// dice returns the random numbers of product p.
func (c *catalogue) dice(p int) dice { return dice(hash(c.key, uint64(p))) }

func (c *catalogue) id(p int) string {
	return c.ids[p*productIDLength : (p+1)*productIDLength]
}

// number returns the product that an id is of; it must be one of the shop's.
func (c *catalogue) number(id string) int {
	n := 0
	for i := 1; i < productIDLength; i++ {
		n = 10*n + int(id[i]-'0')
	}
	return n - 1
}

// product returns the product of a rank, the most popular having rank 0.
func (c *catalogue) product(rank int) int { return int(c.place.at(uint64(rank))) }

// companion returns the rank of the product that is often bought with the one
// of rank. It is about as popular, so popularity stays a power law.
func (c *catalogue) companion(rank int) int {
	if other := rank ^ 1; other < len(c.price) {
		return other
	}
	return rank - 1
}

func (c *catalogue) categoryOf(p int) string { return c.categories[c.category[p]] }

// Catalogue yields every product's record and its initial stock, all at
// Config.Start: what is sent once, before Events. Shards yield their own share of
// the products, with the stock that all of them have of it.
func (s *Shop) Catalogue() iter.Seq[Emission] {
	return func(yield func(Emission) bool) {
		var e event.Event
		var ids slab
		key := derive(s.key, forCatalogue)
		send := func(number uint64) bool {
			e.ID = ids.uuid(s.cfg.Start, hash(key, number), number)
			e.SchemaVersion, e.Source = event.SchemaVersion, source
			e.Timestamp, e.ReceivedAt = s.cfg.Start, s.cfg.Start
			return yield(Emission{At: s.cfg.Start, Topic: e.Type.Topic(), Key: e.ProductID, Event: &e})
		}
		for p := int(s.shard); p < s.cfg.Products; p += int(s.shards) {
			s.catalogue.describe(p, &e)
			if !send(2 * uint64(p)) {
				return
			}
			e = event.Event{
				Type: event.TypeInventoryUpdate, ProductID: s.catalogue.id(p),
				Delta: int64(s.catalogue.initialStock(p)) * int64(s.shards), StockReason: event.StockInitial,
			}
			if !send(2*uint64(p) + 1) {
				return
			}
		}
	}
}

// describe makes e the record of product p.
func (c *catalogue) describe(p int, e *event.Event) {
	d := dice(mix(uint64(c.dice(p))))
	brand := brands[d.below(len(brands))]
	*e = event.Event{
		Type:       event.TypeProduct,
		ProductID:  c.id(p),
		Name:       brand + " " + styles[d.below(len(styles))] + " " + c.categoryOf(p) + " " + c.id(p)[4:],
		Brand:      brand,
		Category:   c.categoryOf(p),
		PriceMinor: event.Minor(c.price[p]),
		CostMinor:  event.Minor(float64(c.price[p]) * (0.45 + 0.3*d.float())),
		Active:     true,
	}
}
