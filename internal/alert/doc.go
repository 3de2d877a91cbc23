// Package alert decides what somebody should look at: stock that runs out, carts
// that are worth a lot and left alone, orders that are too many, too few or none,
// and orders that are unusual.
//
// It is no processor: it needs the whole shop, or a clock. One evaluator of an
// installation is at work at a time: it holds a lease in the store, and what it
// writes is fenced by the lease's term. It reads sums about once a second and
// compares them with the alerts that are open. At most one alert of a kind and a
// subject is open; it is opened once, may change its level, and is closed once,
// however often evaluators are killed or replaced.
//
// # Levels, and when they are left
//
// A worse level holds as soon as its threshold is reached. A better one only
// when the value is past the threshold of the level that is left by a margin (10 %
// by default), so that a value that swings around a threshold is one alert.
//
// # Definitions
//
// Stock: on hand below 0 is oversold, 0 is out; critical and low are at or below
// the safety stock and the reorder point, d·L + z·√(L·σd² + d²·σL²) with demand d a
// day, its deviation σd, lead time L and its deviation σL, in days (Silver, Pyke and
// Thomas, Inventory and Production Management in Supply Chains, 4th ed., 7.10;
// the second term is the safety stock). Demand is an exponentially weighted mean
// and variance of units a day (West 1979; Finch 2009), refreshed once a day; until
// it is known two fixed numbers of the rules stand in.
//
// Carts: the value of abandoned carts that can still be recovered.
//
// Orders: completed orders of each minute that is over, against the exponentially
// weighted mean and deviation of the minutes before it (EWMA, NIST/SEMATECH
// e-Handbook 6.3.2.4). No orders for some minutes of a shop that had some is zero.
//
// Findings: one alert for each rule and visitor, so that a burst is one; it closes
// by itself after a while without another.
//
// # Notices
//
// A change and the notice of it are one transaction. Package notify sends notices
// to the alerts topic and to webhooks, each at its own pace, at least once.
package alert
