package storetest

import (
	"errors"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// product is a set of changes with one product, whose name tells its version.
func product(id string, at event.Time, eventID string) *store.Changes {
	c := store.NewChanges()
	c.PutProduct(id, store.Product{Version: store.Version{At: at, EventID: eventID}, Name: at.String() + eventID})
	return c
}

// customer likewise.
func customer(id string, at event.Time, eventID string) *store.Changes {
	c := store.NewChanges()
	c.PutCustomer(id, store.Customer{Version: store.Version{At: at, EventID: eventID}, Country: at.String() + eventID})
	return c
}

var latestTests = map[string]func(*fixture){
	"a value never goes back, whatever the order of arrival": func(f *fixture) {
		task := store.TaskID{Family: store.Reference}
		epoch := f.claim(task).Epoch
		versions := []store.Version{{At: 5, EventID: "b"}, {At: 4, EventID: "z"}, {At: 5, EventID: "a"}, {At: 7, EventID: "B"}, {At: 7, EventID: "b"}, {At: 6, EventID: "c"}, {At: 7, EventID: "b"}}
		latest := store.Version{}
		for _, v := range versions {
			c := product("p", v.At, v.EventID)
			c.Merge(customer("u", v.At, v.EventID))
			f.commit(commit{Task: task, Epoch: epoch, Changes: c})
			if v.After(latest) {
				latest = v
			}
			p, err := f.Product(f.Context(), "p")
			f.check(err)
			u, err := f.Customer(f.Context(), "u")
			f.check(err)
			f.equal(latest, p.Version)
			f.equal(latest.At.String()+latest.EventID, p.Name)
			f.equal(latest, u.Version)
			f.equal(latest.At.String()+latest.EventID, u.Country)
		}
	},
	"every field is kept": func(f *fixture) {
		task := store.TaskID{Family: store.Reference}
		p := store.Product{
			Version: store.Version{At: noon, EventID: "e"}, Name: "Kaffee \"Übersee\"", Brand: "Ω", Category: "Food",
			PriceMinor: 1299, CostMinor: event.NoAmount, Active: true,
		}
		u := store.Customer{Version: store.Version{At: noon, EventID: "e"}, Country: "DE", RegisteredAt: -5, Preferences: []string{"a", "\"b\"", ""}}
		c := store.NewChanges()
		c.PutProduct("p", p)
		c.PutProduct("q", store.Product{})
		c.PutCustomer("u", u)
		c.PutCustomer("v", store.Customer{})
		f.commit(commit{Task: task, Epoch: f.claim(task).Epoch, Changes: c})
		got, err := f.Products(f.Context(), []string{"p", "q", "unknown", "p"})
		f.check(err)
		f.equal(map[string]store.Product{"p": p, "q": {}}, got)
		gotU, err := f.Customer(f.Context(), "u")
		f.check(err)
		f.equal(u, gotU)
		gotV, err := f.Customer(f.Context(), "v")
		f.check(err)
		f.equal(store.Customer{}, gotV)
		f.with(func(v store.View) {
			products, err := v.Products(f.Context())
			f.check(err)
			customers, err := v.Customers(f.Context())
			f.check(err)
			f.equal([]int64{2, 2}, []int64{products, customers})
		})
	},
	"what is not known is not found": func(f *fixture) {
		if _, err := f.Product(f.Context(), "p"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("product: error %v, want %v", err, store.ErrNotFound)
		}
		if _, err := f.Customer(f.Context(), "u"); !errors.Is(err, store.ErrNotFound) {
			f.Errorf("customer: error %v, want %v", err, store.ErrNotFound)
		}
		got, err := f.Products(f.Context(), nil)
		f.check(err)
		f.equal(0, len(got))
	},
}
