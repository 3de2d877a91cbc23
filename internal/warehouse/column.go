package warehouse

// Column is a column of a table. Its type is one of bigint (64 bits), int (32),
// double, boolean, varchar, date, timestamp (microseconds, UTC, without zone).
type Column struct {
	Name string
	Type string
}

// String returns "name type".
func (c Column) String() string { return c.Name + " " + c.Type }
