package api

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"globalmart/internal/store"
	"globalmart/internal/warehouse"
)

type customerInput struct {
	UserID string `path:"user_id" minLength:"1" maxLength:"64" example:"U0004711" doc:"As the events name it."`
}

// CustomerProfile is what the shop says of a customer.
type CustomerProfile struct {
	Country      *string    `json:"country"`
	RegisteredAt *time.Time `json:"registered_at"`
	Preferences  []string   `json:"preferences" nullable:"false"`
}

// CustomerDetail is what is known of a customer.
type CustomerDetail struct {
	UserID  string           `json:"user_id"`
	AsOf    string           `json:"as_of_date" format:"date" doc:"Of the segment."`
	Profile *CustomerProfile `json:"profile,omitempty" doc:"The latest, live; absent if the shop has sent none."`
	Segment *SegmentCustomer `json:"segment,omitempty" doc:"Segment and scores; absent without a completed order in the 365 days before the as-of date."`
}

func (a *API) addCustomer() {
	op := huma.Operation{
		OperationID: "customer", Path: "/api/v1/customers/{user_id}", Tags: []string{"customers"},
		Summary:     "One customer: profile, segment and scores",
		Description: "The profile is live, segment and scores are from the last batch run. 404 if neither is known.",
	}
	country, registered := "DE", a.local(exampleNow-400*dayMS)
	answerFrom(a, op, sourceWarehouse, CustomerDetail{
		UserID: "U0004711", AsOf: exampleState.AsOf, Profile: &CustomerProfile{&country, &registered, []string{"Books"}},
		Segment: &SegmentCustomer{UserID: "U0004711", Country: "DE", Segment: "Champions", LastOrder: "2026-03-01", RecencyDays: 1, Frequency: 14, MonetaryMinor: 214_950, R: 5, F: 5, M: 5},
	}, a.customer)
}

func (a *API) customer(ctx context.Context, in *customerInput) (reply[CustomerDetail], error) {
	var none reply[CustomerDetail]
	found, err := a.deps.Warehouse.Customers(ctx, warehouse.CustomerQuery{Page: warehouse.Page{Limit: 1}, UserID: in.UserID})
	if err != nil {
		return none, warehouseProblem("a customer", err)
	}
	out := CustomerDetail{UserID: in.UserID, AsOf: found.State.AsOf}
	if len(found.Rows) > 0 {
		segment := segmentCustomer(&found.Rows[0])
		out.Segment = &segment
	}
	if out.Profile, err = a.profile(ctx, in.UserID); err != nil {
		return none, fmt.Errorf("api: profile of a customer: %w", err)
	}
	if out.Profile == nil && out.Segment == nil {
		return none, huma.Error404NotFound("Nothing is known of customer " + in.UserID + ".")
	}
	return fromWarehouse(a, found.State, out)
}

// profile is the latest profile of a customer, or nil if there is none.
func (a *API) profile(ctx context.Context, id string) (*CustomerProfile, error) {
	if a.deps.Shop == nil {
		return nil, nil
	}
	c, err := a.deps.Shop.Customer(ctx, id)
	if errors.Is(err, store.ErrNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &CustomerProfile{known(c.Country), a.localOrNull(c.RegisteredAt), append([]string{}, c.Preferences...)}, nil
}
