package event

import "math"

// Minor is an amount of money in integer minor units of its currency: 1299 is
// 12.99 dollars, or 1299 yen.
type Minor int64

// NoAmount marks an amount that the event does not carry, which is not the same
// as zero: base amounts are absent where the ingest had no exchange rate.
const NoAmount Minor = math.MinInt64

// MaxAmount bounds every amount of an event, so that sums over an event cannot
// overflow.
const MaxAmount Minor = 1e15
