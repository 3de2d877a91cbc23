package store

// Stock are the additive movements of a product's stock, in units.
type Stock struct {
	Initial   int64 // first counts
	Restocked int64
	Adjusted  int64 // corrections, signed
	Sold      int64 // by completed orders
	Returned  int64 // by refunds whose goods go back into stock
}

// Add adds o to s.
func (s *Stock) Add(o *Stock) {
	s.Initial += o.Initial
	s.Restocked += o.Restocked
	s.Adjusted += o.Adjusted
	s.Sold += o.Sold
	s.Returned += o.Returned
}

// OnHand is what is there; below zero, more was sold than there was.
func (s *Stock) OnHand() int64 {
	return s.Initial + s.Restocked + s.Adjusted - s.Sold + s.Returned
}
