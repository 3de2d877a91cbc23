package store_test

import (
	"fmt"
	"reflect"
	"testing"

	"github.com/google/go-cmp/cmp"

	"globalmart/internal/store"
)

// increments are the fields of store.Changes whose rows are added up. All others
// replace.
var increments = map[string]bool{"MinuteByCountry": true, "MinuteByCategory": true, "Hour": true, "Stock": true}

// filled returns changes with one row in every field, whose key is number: every
// text is "k<number>", every number is number, as are those of the row.
func filled(t *testing.T, number int64) *store.Changes {
	t.Helper()
	c := store.NewChanges()
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		m := v.Field(i)
		if m.Kind() != reflect.Map {
			t.Fatalf("field %s is no map; this test has to learn of it", v.Type().Field(i).Name)
		}
		key, value := reflect.New(m.Type().Key()).Elem(), reflect.New(m.Type().Elem()).Elem()
		fill(t, key, number)
		fill(t, value, number)
		m.SetMapIndex(key, value)
	}
	return c
}

// fill sets every part of v.
func fill(t *testing.T, v reflect.Value, number int64) {
	t.Helper()
	switch v.Kind() {
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(t, v.Elem(), number)
	case reflect.Struct:
		for _, field := range v.Fields() {
			fill(t, field, number)
		}
	case reflect.String:
		v.SetString(fmt.Sprint("k", number))
	case reflect.Int64, reflect.Int32:
		v.SetInt(number)
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		fill(t, v.Index(0), number)
	default:
		t.Fatalf("a %s; this test has to learn of it", v.Type())
	}
}

// lens returns the number of rows by field.
func lens(c *store.Changes) map[string]int {
	n := map[string]int{}
	v := reflect.ValueOf(c).Elem()
	for i := range v.NumField() {
		n[v.Type().Field(i).Name] = v.Field(i).Len()
	}
	return n
}

func TestEveryFieldIsCountedMergedAndDropped(t *testing.T) {
	fields := reflect.TypeFor[store.Changes]().NumField()
	c := filled(t, 1)
	if c.Len() != fields {
		t.Errorf("length %d of one row in each of %d fields", c.Len(), fields)
	}
	c.Merge(filled(t, 2))
	if c.Len() != 2*fields {
		t.Errorf("length %d after other rows were merged, want %d: %v", c.Len(), 2*fields, lens(c))
	}
	c.DropIncrements()
	want := map[string]int{}
	for name := range lens(c) {
		if want[name] = 2; increments[name] {
			want[name] = 0
		}
	}
	if diff := cmp.Diff(want, lens(c)); diff != "" {
		t.Errorf("rows after the increments were dropped (-want +got)\n%s", diff)
	}
}

func TestIncrementsOfOneKeyAddUpInEveryMeasure(t *testing.T) {
	c, other := filled(t, 3), filled(t, 3)
	c.Merge(other)
	c.Merge(other)
	v := reflect.ValueOf(c).Elem()
	for name := range increments {
		for _, key := range v.FieldByName(name).MapKeys() {
			row := v.FieldByName(name).MapIndex(key).Elem()
			for i := range row.NumField() {
				if got := row.Field(i).Int(); got != 9 {
					t.Errorf("%s.%s is %d after 3 was added twice to 3", name, row.Type().Field(i).Name, got)
				}
			}
		}
	}
	if diff := cmp.Diff(filled(t, 3), other); diff != "" {
		t.Errorf("what was merged is another one (-before +after)\n%s", diff)
	}
}

func TestMergingIntoNothingSharesNoIncrement(t *testing.T) {
	c, other := store.NewChanges(), filled(t, 3)
	c.Merge(other)
	c.Merge(other) // would add to the rows of other
	if diff := cmp.Diff(filled(t, 3), other); diff != "" {
		t.Errorf("what was merged is another one (-before +after)\n%s", diff)
	}
}

func TestFinalsOfOneKeyAreReplaced(t *testing.T) {
	c, later := store.NewChanges(), store.NewChanges()
	k := store.SessionKey{VisitorID: "v", Start: 1}
	c.Sessions[k], later.Sessions[k] = &store.Session{Events: 1}, nil
	cart := store.CartKey{CartID: "c", Episode: 1}
	c.Carts[cart], later.Carts[cart] = &store.Cart{Actions: 1}, &store.Cart{Actions: 2}
	c.Merge(later)
	if s, ok := c.Sessions[k]; s != nil || !ok {
		t.Errorf("session %+v, %t, want one that is taken back", s, ok)
	}
	if got := c.Carts[cart].Actions; got != 2 {
		t.Errorf("cart with %d actions, want 2", got)
	}
}

func TestOfOneOrderTheEarliestCounts(t *testing.T) {
	k := store.CartOrderKey{CartID: "c", TransactionID: "t"}
	orders := []store.CartOrder{{At: 5, RevenueMinor: 7}, {At: 5, RevenueMinor: 6}, {At: 6, RevenueMinor: 1}}
	for first := range orders {
		c := store.NewChanges()
		for i := range orders {
			o := store.NewChanges()
			o.PutCartOrder(k, orders[(first+i)%len(orders)])
			c.Merge(o)
		}
		if diff := cmp.Diff(orders[1], c.CartOrders[k]); diff != "" {
			t.Errorf("beginning with %d (-want +got)\n%s", first, diff)
		}
	}
}

func TestStockAddsUp(t *testing.T) {
	s := store.Stock{Initial: 1, Restocked: 20, Adjusted: -300, Sold: 4000, Returned: 50000}
	if got := s.OnHand(); got != 1+20-300-4000+50000 {
		t.Errorf("on hand %d", got)
	}
}

func TestVersionsAreOrderedByTimeAndThenByEvent(t *testing.T) {
	sorted := []store.Version{{}, {At: 1}, {At: 1, EventID: "a"}, {At: 1, EventID: "b"}, {At: 2, EventID: "a"}}
	for i, v := range sorted {
		for j, o := range sorted {
			if got, want := v.After(o), i > j; got != want {
				t.Errorf("%+v after %+v: %t", v, o, got)
			}
		}
	}
}
