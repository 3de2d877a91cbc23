package batchtest

import (
	"fmt"
	"strings"
	"testing"
)

// expressions are what the portable rules allow, where engines are known to differ, and
// what they come to.
var expressions = []struct {
	sql  string
	want any
}{
	{"div(-7, 2)", int64(-3)},
	{"div(cast(9007199254740993 as bigint), 2)", int64(4503599627370496)},
	{"7 / nullif(2, 0)", 3.5},
	{"7 / nullif(0, 0)", nil},
	{"cast(floor(-0.5) as int)", int64(-1)},
	{"cast(floor(2.5 + 0.5) as bigint)", int64(3)},
	{"shiftleft(cast(1 as bigint), 42)", int64(1 << 42)},
	{"shiftright(9, 1)", int64(4)},
	{"'a' || 'b'", "ab"},
	{"'a' || null", nil},
	{"concat_ws('|', 'a', null, 'b')", "a|b"},
	{"substr('abcdef', 2, 3)", "bcd"},
	{"split_part('a|b|c', '|', 2)", "b"},
	{"length('東京🛒')", int64(3)},
	{"greatest(1, null, 3)", int64(3)},
	{"nullif('', '')", nil},
	{"'b' > 'Z'", true},
	{"'é' > 'z'", true},
	{"date_add(date '2024-02-28', 2)", "2024-03-01"},
	{"date_add(date '2024-03-01', -1)", "2024-02-29"},
	{"date_diff(date '2026-03-01', date '2026-02-01')", int64(28)},
	{"add_months(date '2024-01-31', 1)", "2024-02-29"},
	{"add_months(date '2024-02-29', -12)", "2023-02-28"},
	{"week_start(date '2026-01-01')", "2025-12-29"},
	{"week_start(date '2026-01-05')", "2026-01-05"},
	{"month_start(date '2026-02-28')", "2026-02-01"},
	{"last_day(date '2024-02-01')", "2024-02-29"},
	{"extract(week from date '2027-01-01')", int64(53)},
	{"quarter(date '2026-04-01')", int64(2)},
	{"millis_of(timestamp '2026-03-29 02:30:00.123456')", int64(1774751400123)},
	{"millis_of(timestamp '1969-12-31 23:59:59.9')", int64(-100)},
	{"time_of_millis(cast(1774751400123 as bigint))", "2026-03-29 02:30:00.123"},
	{"id_key('東京')", int64(506578094403849630)},
	{"id_key(null)", nil},
	{"cast(null as varchar(5)) is distinct from 'x'", true},
	{"bit_or(cast(5 as bigint)) over ()", int64(5)},
}

// functions checks what every one of them comes to.
func (c contract) functions(t *testing.T) {
	columns := make([]string, len(expressions))
	for i, e := range expressions {
		columns[i] = fmt.Sprintf("%s as v%d", e.sql, i)
	}
	got := c.rows(t, "select "+strings.Join(columns, ", "))
	for i, e := range expressions {
		if got[0][i] != e.want {
			t.Errorf("%s is %v (%T), want %v", e.sql, got[0][i], got[0][i], e.want)
		}
	}
}

// numbers is a query of the numbers from 0, 10 to the power of so many of them.
func numbers(digits int) string {
	var from, sum []string
	for i := range digits {
		from = append(from, fmt.Sprintf("(values (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)) as d%d(n)", i))
		sum = append(sum, fmt.Sprintf("d%d.n * %d", i, pow10(i)))
	}
	return "select cast(" + strings.Join(sum, " + ") + " as bigint) as n from " + strings.Join(from, " cross join ")
}

func pow10(n int) int {
	if n == 0 {
		return 1
	}
	return 10 * pow10(n-1)
}
