package batch

import (
	"fmt"
	"time"
)

func (d Date) time() (time.Time, error) {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return t, fmt.Errorf("batch: %q is not a date (yyyy-mm-dd)", string(d))
	}
	return t, nil
}

// Add returns the day n days later. A Date that is none stays as it is.
func (d Date) Add(n int) Date {
	t, err := d.time()
	if err != nil {
		return d
	}
	return DateOf(t.AddDate(0, 0, n))
}

// Month returns the first day of the month of d.
func (d Date) Month() Date {
	t, err := d.time()
	if err != nil {
		return d
	}
	return DateOf(t.AddDate(0, 0, 1-t.Day()))
}

// NextMonth returns the first day of the month after that of d.
func (d Date) NextMonth() Date { return d.Month().Add(31).Month() }

// DateOf returns the day that t reads, in its own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }
