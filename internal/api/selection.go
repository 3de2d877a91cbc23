package api

import (
	"slices"
	"strings"

	"globalmart/internal/event"
	"globalmart/internal/store"
)

// Countries is the parameter of what is known by country alone: one, or several of
// which the figures are added up.
type Countries struct {
	Country string `query:"country" pattern:"^[A-Za-z]{2}(,[A-Za-z]{2}){0,9}$" patternDescription:"ISO 3166-1 alpha-2 codes with commas between, at most 10" example:"DE" doc:"ISO 3166-1 alpha-2, or several with commas between, at most 10: DE,FR. ZZ is unknown. Absent: all."`
}

// Filters are the parameters of questions about the sales of a period.
type Filters struct {
	Countries
	Category string `query:"category" minLength:"1" maxLength:"2048" example:"Electronics" doc:"Exact name, or several with commas between, at most 10; a comma in a name is written \\\\,. Absent: all. An order counts in each of several categories that it has a line of, so their orders may exceed those of all; its average value is null then."`
}

// maxChosen bounds the names of a filter.
const maxChosen = 10

// countries are the codes, each once and in order; one that is empty is all.
func (c Countries) countries() []string {
	codes := strings.Split(strings.ToUpper(c.Country), ",")
	slices.Sort(codes)
	return slices.Compact(codes)
}

// chosen are the codes that were asked for; none is all.
func (c Countries) chosen() []string {
	if c.Country == "" {
		return nil
	}
	return c.countries()
}

// selection is filters of at most one country and one category each; what was asked
// for is the sum of theirs. It is never empty.
type selection []Filter

// selection returns what f asks for.
func (f Filters) selection() (selection, []error) {
	categories := splitUnescaped(f.Category)
	slices.Sort(categories)
	categories = slices.Compact(categories)
	switch {
	case len(categories) > maxChosen:
		return nil, []error{wrong("category", f.Category, "%d categories; at most %d are added up", len(categories), maxChosen)}
	case len(categories) > 1 && categories[0] == "":
		return nil, []error{wrong("category", f.Category, "a name is empty: give names with commas between")}
	}
	var s selection
	for _, country := range f.countries() {
		for _, category := range categories {
			s = append(s, Filter{Country: country, Category: category})
		}
	}
	return s, nil
}

// byCategory reports whether s is of some categories only.
func (s selection) byCategory() bool { return s[0].Category != "" }

// countries are those of s, each once; one that is empty is all.
func (s selection) countries() []string {
	var codes []string
	for _, f := range s {
		if n := len(codes); n == 0 || codes[n-1] != f.Country {
			codes = append(codes, f.Country)
		}
	}
	return codes
}

// overlaps reports whether an order may count in more than one of s.
func (s selection) overlaps() bool { return len(s) > len(s.countries()) }

// measures are those of a time since from, of which sales are the sum.
func (s selection) measures(sales *store.Sales, from event.Time, at seam) Measures {
	m := measuresSince(sales, from, at, s[0])
	if s.overlaps() {
		m.AverageOrderValueMinor = nil
	}
	return m
}
