package store

// FunnelStep is a step on the way to an order.
type FunnelStep string

// The steps.
const (
	StepView     FunnelStep = "view"     // looked at a product
	StepAdd      FunnelStep = "add"      // put something into a cart
	StepCheckout FunnelStep = "checkout" // began to check out
	StepOrder    FunnelStep = "order"    // completed an order
)

// FunnelSteps lists the steps in their order. They are those of the Purchase
// journey report of Google Analytics 4, after its first, the start of a session,
// which every session has done.
var FunnelSteps = []FunnelStep{StepView, StepAdd, StepCheckout, StepOrder}

// Did reports whether the session did a step, whatever it did before. Counts by
// Did are an open funnel, as Google Analytics 4 calls it: one may come in at any
// step, so that a later step can count more sessions than an earlier one.
func (s *Session) Did(step FunnelStep) bool {
	switch step {
	case StepView:
		return s.Views > 0
	case StepAdd:
		return s.Adds > 0
	case StepCheckout:
		return s.Checkouts > 0
	case StepOrder:
		return s.Orders > 0
	}
	return false
}

// Reached is how many of [FunnelSteps] the session did, from the first on without
// leaving one out: it counts for so many steps of a closed funnel, which is what
// the Purchase journey report is and what is meant by the funnel where nothing
// else is said. Counts by Reached never rise from a step to the next. What is
// bought at once, without a cart, counts for the view alone; the open funnel shows
// how much that is. The order in which one session did its steps does not matter.
func (s *Session) Reached() int {
	for i, step := range FunnelSteps {
		if !s.Did(step) {
			return i
		}
	}
	return len(FunnelSteps)
}
