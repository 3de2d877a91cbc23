// Package importer turns real data sets into events.
//
// An import is read whole before its first event is handed out, so that a file
// that is cut off or broken sends nothing, that its hash is known before
// anything is sent, and that its events come in the order of their time. It is
// pure but for the reader it is given: equal files, rates and time zones give
// equal events, ids included, so importing a file again makes duplicates and
// nothing else.
//
// Memory: Online Retail some 150 bytes for each row, CDNOW some 950, JSON Lines
// the text of the events and 24 to 60 bytes for each.
//
// # Online Retail
//
// [OnlineRetail] reads the Online Retail data set (UCI Machine Learning
// Repository, doi.org/10.24432/C5BW33): the order lines of a British online
// shop, in pounds sterling. Its rows become events by these rules:
//
//   - The rows of one InvoiceNo are one completed transaction, dated by the
//     earliest of them (43 invoices run over the turn of a minute).
//   - An InvoiceDate is a time of RFC 3339, or one of the shop's time zone, as
//     2010-12-01 08:26:00 or, as in the file at UCI, 12/1/2010 8:26 (month first).
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
// # CDNOW
//
// [CDNOW] reads the CDNOW data set (Fader and Hardie, brucehardie.com/datasets):
// every order, until June 1998, of those who first bought at an American web
// shop for CDs in the first quarter of 1997. A row is a customer, a date, the
// number of CDs and the value in dollars. The rows become events by these rules:
//
//   - A row is one completed order of one line: product cd, the number of CDs,
//     the value to the cent. Nothing is known of prices, so there are none.
//   - Rows of one customer and day are orders of their own. Their transaction_id
//     is customer-date-n, as the file has customer and date, n counting from 1
//     in the order of the file.
//   - Events are dated 6,209 days (887 weeks) later than the file says, because
//     timestamps before 2000 are not believed anywhere in the platform. Days of
//     the week stay, and the dates are 17 years later to the day: 1 January 1997
//     becomes 1 January 2014. [Sales.DaysLater] tells, and so does the id.
//   - The file has no times: an order is at noon in the shop's time zone, which
//     keeps it on its day there.
//   - It does not say where customers live: their country is ZZ.
//   - The product and each customer are stated once, with their first order.
//   - A header is not needed.
//
// # JSON Lines
//
// [JSONL] reads events of the contract of package event, of any type, one on
// each line. They stay as they are, with these exceptions:
//
//   - received_at is the record's own, else the timestamp corrected by
//     clock_skew_ms.
//   - Members that the contract does not have are dropped, as at any ingest.
//   - Where one base amount of a transaction is missing, all of them are made
//     anew from the rates; without a rate all are left out, and the stream will
//     refuse the event as no_rate.
//   - They come in the order of received_at, of equal time in that of the file.
//   - Duplicates stay: to recognise them is the stream's work.
//
// A line that is no valid event is rejected with its [event.Reason]. Blank lines
// are skipped.
//
// A row that cannot be read is rejected with a reason and does not stop the
// import.
package importer
