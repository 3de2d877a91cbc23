// Package api answers questions about the shop over HTTP: the live figures as
// JSON under /api/v1, the health of the process, and its own documentation.
//
// Contract: every answer that carries data is {"data": …, "meta": …}; every
// error, whoever notices it, is an RFC 9457 problem with the request id as its
// instance. Money is integer minor units of meta.currency. Instants are RFC
// 3339 in the shop's time zone (meta.time_zone). Windows are half open:
// [start, end). A parameter that an endpoint does not know is refused.
//
// The OpenAPI document is generated from the operations that the mux serves, so
// the two cannot differ. An endpoint is one file: its input and output types,
// an example, one call of answer, one handler.
//
// The package does not listen, does not open a store and never migrates one: it
// is given what it reads. It logs through the logger it is given; keys and query
// strings are never logged, and the text of an internal error never reaches a
// client.
package api
