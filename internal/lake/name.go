package lake

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"globalmart/internal/event"
)

// Sources. Imports are below import/, each with a name of its own.
const (
	SourceRaw     = "raw"     // what the log carried
	SourceHistory = "history" // what was generated for the time before
	sourceImport  = "import/" // what real data sets hold
)

const (
	parquetSuffix = ".parquet"
	gapSuffix     = ".gap"
	tempSuffix    = ".tmp"
	datePrefix    = "date="
	tempPrefix    = "." // readers of Parquet folders leave such files out
)

var sourceName = regexp.MustCompile(`^(raw|history|import/[a-z0-9][a-z0-9-]{0,63})$`)

// ImportSource returns the source of the import called name, of at most 64 lower
// case letters, digits and dashes.
func ImportSource(name string) (string, error) {
	source := sourceImport + name
	if !sourceName.MatchString(source) {
		return "", fmt.Errorf("lake: import %q: want up to 64 of a-z, 0-9 and dashes as a name", name)
	}
	return source, nil
}

// Place is one partition of a topic.
type Place struct {
	Topic     string
	Partition int32
}

// String returns "transactions[3]".
func (p Place) String() string { return fmt.Sprintf("%s[%d]", p.Topic, p.Partition) }

// comparePlaces orders by topic, then partition.
func comparePlaces(a, b Place) int {
	return cmp.Or(cmp.Compare(a.Topic, b.Topic), cmp.Compare(a.Partition, b.Partition))
}

// fileName is the name of the file of partition whose first record is at first.
func fileName(partition int32, first int64) string {
	return fmt.Sprintf("p%d-%d%s", partition, first, parquetSuffix)
}

// gapName is the name of the file that says that [first, last] was lost.
func gapName(partition int32, first, last int64) string {
	return fmt.Sprintf("p%d-%d-%d%s", partition, first, last, gapSuffix)
}

// parseFileName reads the name of a file. It takes exactly what fileName makes.
func parseFileName(name string) (partition int32, first int64, ok bool) {
	numbers, ok := parseNumbers(name, parquetSuffix, 2)
	if !ok {
		return 0, 0, false
	}
	return int32(numbers[0]), numbers[1], true
}

// parseGapName reads the name of a gap. It takes exactly what gapName makes.
func parseGapName(name string) (partition int32, first, last int64, ok bool) {
	numbers, ok := parseNumbers(name, gapSuffix, 3)
	if !ok || numbers[2] < numbers[1] {
		return 0, 0, 0, false
	}
	return int32(numbers[0]), numbers[1], numbers[2], true
}

// parseNumbers reads n numbers without leading zeros, the first of 31 bits, in
// the form p1-2-3 + suffix.
func parseNumbers(name, suffix string, n int) ([]int64, bool) {
	body, ok := strings.CutPrefix(name, "p")
	if !ok {
		return nil, false
	}
	if body, ok = strings.CutSuffix(body, suffix); !ok {
		return nil, false
	}
	parts := strings.Split(body, "-")
	if len(parts) != n {
		return nil, false
	}
	numbers := make([]int64, n)
	for i, p := range parts {
		size := 63
		if i == 0 {
			size = 31
		}
		v, err := strconv.ParseUint(p, 10, size)
		if err != nil || strconv.FormatUint(v, 10) != p {
			return nil, false
		}
		numbers[i] = int64(v)
	}
	return numbers, true
}

// dateName is the folder of a day.
func dateName(day int32) string { return datePrefix + dateOf(day) }

// parseDateName reads the name of the folder of a day, of the years 1 to 9999.
func parseDateName(name string) (day int32, ok bool) {
	date, ok := strings.CutPrefix(name, datePrefix)
	if !ok {
		return 0, false
	}
	day, err := dayOf(date)
	return day, err == nil && dateName(day) == name
}

// dateOf returns a day, counted from 1970-01-01, as yyyy-mm-dd.
func dateOf(day int32) string {
	return time.Unix(int64(day)*86_400, 0).UTC().Format(time.DateOnly)
}

// dayOf reads yyyy-mm-dd.
func dayOf(date string) (int32, error) {
	t, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return 0, fmt.Errorf("lake: %q is not a date", date)
	}
	return int32(floorDiv(t.Unix(), 86_400)), nil
}

// The record times that a TIMESTAMP of every reader holds: the years 1 to 9999.
const (
	firstTime event.Time = -62_135_596_800_000
	lastTime  event.Time = 253_402_300_799_999
)

// writable reports whether t can be a TIMESTAMP.
func writable(t event.Time) bool { return t >= firstTime && t <= lastTime }

// utcDay returns the day of t in UTC; times that cannot be written are taken for
// the nearest that can.
func utcDay(t event.Time) int32 {
	return int32(floorDiv(int64(min(max(t, firstTime), lastTime)), 86_400_000))
}

// timestamp reads an RFC 3339 timestamp.
func timestamp(s string) (event.Time, bool) {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || !writable(event.TimeOf(t)) {
		return 0, false
	}
	return event.TimeOf(t), true
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

// topicDir is the folder of a topic's files of the raw source.
func topicDir(dir, source, topic string) string {
	return filepath.Join(dir, filepath.FromSlash(source), topic)
}
