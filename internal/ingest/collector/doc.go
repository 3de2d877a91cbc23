// Package collector takes the events that shops send with the SDKs of Segment,
// RudderStack or Jitsu, over Segment's HTTP API, and puts them into the log.
//
// Contract: the answer is 200 only once every event of the request is durable in the
// log, and never another success: clients take 202 and 204 for failures, and redirects
// for success. An error is {"code": …, "message": …}, without which older clients
// repeat what will never be taken. 401 means that the key is known to be wrong, for it
// makes clients throw events away; where that cannot be told the answer is 503. A
// request that is answered with an error, or not at all, may be in the log all the same:
// sent again, its events are recognised by their ids.
//
// # What becomes of an event
//
// The names of Segment's e-commerce spec v2, and those of v1, become events of package
// event; a page, a screen and every other name become a record of other_events, which
// the lake keeps. Properties that the contract has no field for are dropped: a log that
// nobody can change must not hold an address or a name that came along by chance.
//
// An event that cannot be taken does not fail its request. It goes to its topic as it
// is, and the stream makes a dead letter of it, with the reason that [event.Event]'s
// Validate finds: so there is one way into the dead letters, and one way out. One of
// which cannot be told what it is goes to the transactions. An amount or
// a count that cannot be read is [unreadable].
//
// # Who it was
//
// visitor_id is the anonymousId, else made of the userId. user_id is the userId. An id
// that many share, such as "null" or "guest", names nobody: the event belongs to a
// visitor of its own, so that strangers are never taken for one person.
//
// event_id is the messageId. Where there is none, or none that can be kept, it is made of
// the content, so that a retry has the same.
//
// # Refunds
//
// A refund that names no lines, and a cancellation, give back all that is left of their
// order, which is looked up: see [Complete]. The order may be in the same request, so the
// rest of it is written first. What the log then says does not depend on any look-up: the
// refund has its lines. One whose order is not known, or was not completed, is a dead
// letter; where all was given back before it moves nothing, and is kept as what is none
// of ours. While orders cannot be looked up the answer is 503.
//
// # Money
//
// Amounts are decimals of Segment's major units, numbers or texts, read exactly and
// rounded half up to the currency's minor unit. A currency that is not given is the
// shop's own. What an order's lines cost is quantity × price; of its total, revenue and
// subtotal the first one that is given says what was paid for them, and what is missing
// to the lines is the order's discount. An order whose discount is given and explains
// nothing is refused.
//
// The package reads bodies and writes answers. It opens nothing, and has no clock but
// the one that it is given.
package collector
