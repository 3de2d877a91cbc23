package api

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

type anomaliesInput struct {
	Page
	From     string `query:"from" example:"2026-03-01" doc:"Orders at or after it: RFC 3339, or a day of the shop."`
	To       string `query:"to" example:"2026-03-02" doc:"Orders before it. Absent: no end."`
	Rule     string `query:"rule" enum:"high_value,unusual_quantity,velocity" doc:"Absent: all."`
	Country  string `query:"country" pattern:"^[A-Za-z]{2}$" patternDescription:"an ISO 3166-1 alpha-2 code" example:"DE" doc:"ISO 3166-1 alpha-2. Absent: all."`
	Category string `query:"category" minLength:"1" maxLength:"256" example:"Electronics" doc:"Exact name. Absent: all."`
	Visitor  string `query:"visitor" minLength:"1" maxLength:"64" doc:"visitor_id. Absent: all."`
}

// Anomaly is an order that is unusual, by one rule.
type Anomaly struct {
	EventID       string      `json:"event_id"`
	Rule          string      `json:"rule" enum:"high_value,unusual_quantity,velocity"`
	At            time.Time   `json:"at" doc:"Of the order."`
	DetectedAfter int64       `json:"received_after_ms" doc:"Milliseconds from the order to its arrival."`
	TransactionID string      `json:"transaction_id"`
	VisitorID     string      `json:"visitor_id"`
	UserID        *string     `json:"user_id" doc:"null if nobody is known."`
	Country       string      `json:"country"`
	ProductID     *string     `json:"product_id" doc:"Of the line that was judged; null if it was the order as a whole."`
	Category      *string     `json:"category" doc:"Of that line."`
	OrderMinor    event.Minor `json:"order_minor" doc:"What the order came to, in the reporting currency."`
	Value         int64       `json:"value" doc:"What was judged: minor units (high_value), units (unusual_quantity) or orders within the window (velocity)."`
	Expected      int64       `json:"expected" doc:"What is usual, in the same unit."`
	Score         float64     `json:"score" doc:"Robust z-score of the logarithm; orders for velocity."`
	Threshold     float64     `json:"threshold" doc:"From which score on there is a finding."`
	Baseline      *string     `json:"baseline" doc:"What it was compared with: category/measure/partition/version; prior = that of the rules; null = none is needed."`
}

// Anomalies are findings, those of the newest orders first.
type Anomalies struct {
	Anomalies  []Anomaly `json:"anomalies" nullable:"false"`
	NextCursor *string   `json:"next_cursor" doc:"For the next page; null on the last."`
}

func (a *API) addAnomalies() {
	op := huma.Operation{
		OperationID: "anomalies", Path: "/api/v1/monitoring/anomalies", Tags: []string{"monitoring"},
		Summary: "Unusual orders, newest first",
		Description: "An order is listed once for each rule that it breaks: a value or a quantity far above what is usual in the category, " +
			"or too many orders of one visitor within a short time. Each says by how much, and compared with what.",
	}
	example := a.anomaly(&store.FindingRow{
		Key: store.FindingKey{EventID: "0195565f-9a3c-7b11-8c11-4a2f6f1c7d10", Rule: store.HighValue},
		Finding: store.Finding{
			At: exampleNow - 8_000, ReceivedAt: exampleNow - 7_900, TransactionID: "T00000042", VisitorID: "v-7", Country: "DE",
			ProductID: "P0001234", Category: "Books", OrderMinor: 184_900, Value: 184_900, Expected: 1_890, ScoreMilli: 7_310, ThresholdMilli: 5_000,
			Baseline: "Books/amount/2/14",
		},
	})
	answer(a, op, Anomalies{Anomalies: []Anomaly{example}}, a.anomalies)
}

func (a *API) anomalies(ctx context.Context, in *anomaliesInput) (reply[Anomalies], error) {
	from, to, errs := a.parseBounds(in.From, in.To)
	before, err := parseCursor[store.FindingPlace](in.Cursor)
	if err != nil {
		errs = append(errs, wrong("cursor", in.Cursor, "%v", err))
	}
	if errs != nil {
		return reply[Anomalies]{}, invalid(errs...)
	}
	found, err := a.deps.Shop.FindingList(ctx, store.FindingQuery{
		From: from, To: to, Rule: store.Rule(in.Rule), Country: strings.ToUpper(in.Country), Category: in.Category, VisitorID: in.Visitor,
		Before: before, Limit: in.Limit,
	})
	if err != nil {
		return reply[Anomalies]{}, fmt.Errorf("api: anomalies: %w", err)
	}
	out := Anomalies{
		Anomalies:  make([]Anomaly, len(found)),
		NextCursor: nextCursor(in.Page, found, func(f *store.FindingRow) any { return f.Place() }),
	}
	for i := range found {
		out.Anomalies[i] = a.anomaly(&found[i])
	}
	return reply[Anomalies]{data: out}, nil
}

func (a *API) anomaly(f *store.FindingRow) Anomaly {
	v := &f.Finding
	return Anomaly{
		EventID: f.Key.EventID, Rule: string(f.Key.Rule), At: a.local(v.At), DetectedAfter: int64(v.ReceivedAt - v.At),
		TransactionID: v.TransactionID, VisitorID: v.VisitorID, UserID: known(v.UserID), Country: v.Country,
		ProductID: known(v.ProductID), Category: known(v.Category), OrderMinor: v.OrderMinor, Value: v.Value, Expected: v.Expected,
		Score: float64(v.ScoreMilli) / 1000, Threshold: float64(v.ThresholdMilli) / 1000, Baseline: known(v.Baseline),
	}
}

// known returns nil for "".
func known(text string) *string {
	if text == "" {
		return nil
	}
	return &text
}
