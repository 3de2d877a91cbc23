package verify

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"sync"

	"golang.org/x/sync/errgroup"

	"globalmart/internal/event"
	"globalmart/internal/warehouse"
)

// factReader says how the rows of a fact are read: their columns, the first of which
// is the day, and what of them is key and measures.
type factReader struct {
	columns []string
	// take appends the key of a row, and says what it measures. scratch is for
	// what take likes.
	take func(seed maphash.Seed, row []*column, key, scratch []byte) (newKey, newScratch []byte, m measures)
	// sorted says that rows are in the order of their keys, each of which is there once.
	sorted bool
}

// factReaders are those of the facts.
var factReaders = [factCount]factReader{
	orderLines: {
		columns: []string{
			"event_date", "lake_source", "kpart", "koffset", "line_no",
			"quantity", "net_minor", "tax_minor", "shipping_minor", "is_refund", "is_order", "is_product_order",
			"ts", "received_at", "customer_key", "product_key",
			"event_id", "transaction_id", "refund_id", "user_id", "visitor_id", "product_id", "category", "country", "payment_method", "source",
		},
		take: takeLine,
	},
	salesDays: {
		columns: []string{"event_date", "country", "orders", "units", "net_minor", "refund_minor", "tax_minor", "shipping_minor"},
		take:    takeSums(1), sorted: true,
	},
	categoryDays: {
		columns: []string{"event_date", "country", "category", "orders", "units", "net_minor", "refund_minor"},
		take:    takeSums(2), sorted: true,
	},
	productDays: {
		columns: []string{"event_date", "product_id", "orders", "units", "net_minor", "refund_minor", "returned_units", "views", "cart_adds"},
		take:    takeSums(1), sorted: true,
	},
	customerDays: {
		columns: []string{"event_date", "customer_key", "country", "orders", "units", "net_minor", "refund_minor"},
		take: func(_ maphash.Seed, row []*column, key, scratch []byte) (newKey, newScratch []byte, m measures) {
			return appendText(appendLong(key, row[1].long()), row[2].bytes()), scratch, sumsOf(row[3:])
		},
		sorted: true,
	},
	duplicates: {
		columns: []string{"event_date", "topic", "lake_source", "kpart", "koffset"},
		take: func(_ maphash.Seed, row []*column, key, scratch []byte) (newKey, newScratch []byte, m measures) {
			return appendPlace(key, row[2].bytes(), row[1].bytes(), row[3].long(), row[4].long(), 0), scratch, measures{1}
		},
	},
}

// takeSums is for a fact whose key is so many texts, followed by its measures.
func takeSums(keys int) func(maphash.Seed, []*column, []byte, []byte) ([]byte, []byte, measures) {
	return func(_ maphash.Seed, row []*column, key, scratch []byte) ([]byte, []byte, measures) {
		for _, c := range row[1 : 1+keys] {
			key = appendText(key, c.bytes())
		}
		return key, scratch, sumsOf(row[1+keys:])
	}
}

func sumsOf(row []*column) (m measures) {
	for i, c := range row {
		m[i] = c.long()
	}
	return m
}

var topicOfLines = []byte(event.TopicTransactions)

func takeLine(seed maphash.Seed, row []*column, key, scratch []byte) (newKey, newScratch []byte, m measures) {
	numbers, texts := row[12:16], row[16:]
	scratch = scratch[:0]
	for _, c := range numbers {
		scratch = appendLong(scratch, c.long())
	}
	for _, c := range texts {
		scratch = appendText(scratch, c.bytes())
	}
	var sales measures
	sales[salesUnits], sales[salesNet], sales[salesTax], sales[salesShipping] = row[5].long(), row[6].long(), row[7].long(), row[8].long()
	m = lineMeasures(sales, row[9].long()<<2|row[10].long()<<1|row[11].long(), maphash.Bytes(seed, scratch))
	return appendPlace(key, row[1].bytes(), topicOfLines, row[2].long(), row[3].long(), row[4].long()), scratch, m
}

// read adds the rows of a file of f, which holds the day, to t. It returns how many
// there are, and what is wrong with their order or day; "" = nothing.
func (f fact) read(path string, day int32, t *totals) (rows int64, wrong string, err error) {
	c, err := openColumns(path)
	if err != nil {
		return 0, "", err
	}
	defer c.close()
	reader := &factReaders[f]
	var key, last, scratch []byte
	var m measures
	err = c.scan(reader.columns, func(row []*column) error {
		rows++
		if got := int32(row[0].long()); got != day && wrong == "" {
			wrong = "a row of " + dateText(got)
		}
		key, scratch, m = reader.take(t.seed, row, key[:0], scratch)
		if reader.sorted {
			if wrong == "" && rows > 1 && bytes.Compare(last, key) >= 0 {
				wrong = fmt.Sprintf("%s after %s", rowText(f, day, string(key)), rowText(f, day, string(last)))
			}
			last = append(last[:0], key...)
		}
		t.add(f, day, key, &m)
		return nil
	})
	return rows, wrong, err
}

// readFacts adds up the rows of every fact that m names, of the days in only or of all.
func (e *evidence) readFacts(ctx context.Context, m *warehouse.Manifest, only map[int32]bool, r *Result) (*totals, error) {
	sum := newTotals(e.seed, only)
	var mu sync.Mutex
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(e.workers())
	for f := range factCount {
		for _, file := range m.Tables[facts[f].name].Files {
			day, err := dayOf(file.Date)
			if err != nil {
				r.differ(file.Path, "date", "a day", file.Date)
				continue
			}
			if only != nil && !only[day] {
				continue
			}
			g.Go(func() error {
				if err := ctx.Err(); err != nil {
					return err
				}
				part := newTotals(e.seed, only)
				rows, wrong, err := f.read(e.Warehouse.Path(file), day, part)
				mu.Lock()
				defer mu.Unlock()
				if only != nil {
					sum.merge(part)
					return nil // what is wrong with it has been said
				}
				r.Checked += rows
				switch {
				case e.isRetired(err):
					e.warehouse.retired = true
					return nil
				case err != nil:
					r.differ(file.Path, "rows", "readable", err.Error())
					return nil
				case wrong != "":
					r.differ(file.Path, "rows", "of the day, one for each key, in order", wrong)
				}
				sum.merge(part)
				return nil
			})
		}
	}
	return sum, g.Wait()
}
