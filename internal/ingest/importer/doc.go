// Package importer turns real data sets into events.
//
// An import is read whole before its first event is handed out (some 150 bytes
// of memory for each row), so that a file that is cut off or broken sends
// nothing, that its hash is known before anything is sent, and that its events
// come in the order of their time. It is pure but for the reader it is given:
// equal files and equal rates give equal events, ids included, so importing a
// file again makes duplicates and nothing else.
//
// # Online Retail
//
// [OnlineRetail] reads the Online Retail data set (UCI Machine Learning
// Repository, doi.org/10.24432/C5BW33): the order lines of a British online
// shop, in pounds sterling. Its rows become events by these rules:
//
//   - The rows of one InvoiceNo are one completed transaction, dated by the
//     earliest of them (43 invoices run over the turn of a minute).
//   - A cancellation (InvoiceNo C…) is a refund of its own, of the lines it
//     gives back, restocked. The set does not say which invoice it takes back,
//     so its transaction_id is its own number too.
//   - A negative quantity at price zero, outside a cancellation, is a stock
//     adjustment (inventory_update). At any other price it is rejected.
//   - Lines at price zero stay, as lines of amount 0; an order of such lines
//     alone is an order of total 0, counted as [Summary.ZeroOrders].
//   - Adjustments of bad debt (InvoiceNo A…) are rejected: they are no orders.
//   - Postage, fees, manual lines and discounts (POST, DOT, M, D, …) are
//     products like any other, since the set keeps them as such.
//   - A line's amount is quantity × price, rounded half up to the penny; so is
//     unit_price_minor, which need not multiply to the amount again where the
//     price has fractions of a penny.
//   - StockCodes are written in capitals: the set has 110 codes in both cases,
//     which are the same products.
//   - A row with a CustomerID belongs to visitor customer:<id>, one without to
//     visitor invoice:<InvoiceNo>, so that its buyer stays unknown.
//   - Countries become ISO 3166-1 codes; those that have none (Channel Islands,
//     European Community, Unspecified) are ZZ.
//   - Each product is stated once, when it is first seen: its most frequent
//     description on priced lines, its last price in an order. The set knows no
//     categories, so there is none. Each customer is stated once, with the first
//     invoice.
//   - received_at is the event's own time.
//
// A row that cannot be read is rejected with a reason and does not stop the
// import.
package importer
