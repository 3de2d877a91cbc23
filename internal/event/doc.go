// Package event is the vocabulary of GlobalMart: the facts that flow through
// the log, their money, their clock, their JSON form and what makes one bad.
//
// Units: money is [Minor] (integer minor units of a currency, cents for the
// dollar, whole yen), never float. Instants are [Time] (Unix milliseconds,
// UTC).
//
// Guarantees: an event is immutable once it is in the log. Fields are only ever
// added. Decoding never panics and never keeps more than it was given.
//
// This package imports nothing of GlobalMart, so every other package may
// import it.
package event
