// Package shop is a made-up shop with seeded shoppers: it generates the events
// that GlobalMart analyses, for demonstrations, history, load and proof.
//
// Everything is a pure function of the [Config]: the same one gives the same
// events, byte for byte, in every process. There is no clock in here; time is
// virtual, starts at Config.Start and moves on by the [Rate]. Pacing and
// sending belong to the caller.
//
// Ten million shoppers cost no memory: what a shopper is like is a hash of the
// shopper's number. Held are only the products' tables (about 25 bytes a
// product), the sessions in flight and the orders that will be refunded, both
// bounded by Config.MaxSessions.
//
// Units: times are milliseconds of virtual time, amounts minor units. Catalogue
// prices, and those of views and cart actions, which name no currency, are in
// the reporting currency; orders are in the currency of their country.
//
// Faults are made on request and labelled: [Emission.Truth] says what is wrong
// with what is sent, so that what finds faults can be measured. The label never
// travels with the event.
//
// This package does no I/O. It may import event, and nothing else of
// GlobalMart.
package shop
