// Package mongodb keeps a copy of the warehouse in MongoDB 7, and answers from it.
//
// Each table is a collection, each row a document with its columns by name. A document
// holds for the runs whose number n is from <= n < to; to is [current] while it has not
// been replaced. So a state that was published stays as it was, whatever comes after it.
//
//	publication  one document: the number of the newest run, and who is writing the next
//	runs         a document for each run that is kept, by name, with its number
//	copies       which files of the warehouse a collection was made of, with versions too
//
// To publish run n+1, the documents that it replaces get to = n+1 and gone = n+1, those
// that it brings are inserted with from = n+1, and then the number in the one document
// of publication becomes n+1, on the condition that it is n and that nobody else is
// writing: one update of one document. What a publication that was cut off has left is
// beyond that number, so nobody sees it, and the next one first undoes it.
//
// A reader reads the number once and keeps to it. What no run of the last
// [warehouse.Grace] needs is removed by the next publication.
//
// Amounts are 64-bit integers in minor units. Dates are texts, yyyy-mm-dd: they are days
// of the shop, and a point in time would be another day elsewhere. Timestamps are points
// in time, in milliseconds.
//
// Only operations are used that need no transaction and no session. Writes are those of
// a majority, in its journal; reads see what a majority has.
package mongodb
