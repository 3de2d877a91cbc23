package event

import (
	"encoding/binary"
	"time"
)

// timestampLen is the length of the canonical form, 2006-01-02T15:04:05.000Z.
const timestampLen = 24

// clock reads timestamps. It remembers the last day it read, for the next
// timestamp is nearly always of the same day. The zero value is ready.
type clock struct {
	month uint64 // "2006-01-"
	day   uint16 // "02"
	start Time   // midnight
}

// read returns the instant of the RFC 3339 timestamp s, cut to milliseconds.
func (c *clock) read(s []byte) (Time, bool) {
	if len(s) == timestampLen {
		if t, ok := c.canonical(s); ok {
			return t, true
		}
	}
	var t time.Time
	if t.UnmarshalText(s) != nil { // stricter than time.Parse, which takes "1:02:03,4"
		return 0, false
	}
	return TimeOf(t), true
}

// canonical reads s, of 24 bytes, if it has the canonical form. The first word
// and two bytes are the day; the rest is compared with its separators, digits
// being what is left below 10.
func (c *clock) canonical(s []byte) (Time, bool) {
	const (
		minutes  uint64 = 'T'<<16 | '0'<<24 | '0'<<32 | ':'<<40 | '0'<<48 | '0'<<56                // ..T00:00
		seconds  uint64 = ':' | '0'<<8 | '0'<<16 | '.'<<24 | '0'<<32 | '0'<<40 | '0'<<48 | 'Z'<<56 // :00.000Z
		overMins uint64 = 0x76767f76767f0000                                                       // + digit > 9, separator > 0: high bit
		overSecs uint64 = 0x7f7676767f76767f
	)
	month, m, sec := load(s, 0), load(s, 8), load(s, 16)
	day := uint16(m)
	m = (m ^ minutes) &^ 0xffff
	sec ^= seconds
	if ((m+overMins)|m|(sec+overSecs)|sec)&highs != 0 {
		return 0, false
	}
	if month != c.month || day != c.day || c.day == 0 {
		if !c.turn(s[:10]) {
			return 0, false
		}
	}
	hour := (m>>24&15)*10 + m>>32&15
	minute := (m>>48&15)*10 + m>>56&15
	second := (sec>>8&15)*10 + sec>>16&15
	milli := (sec>>32&15)*100 + (sec>>40&15)*10 + sec>>48&15
	if hour > 23 || minute > 59 || second > 59 {
		return 0, false
	}
	return c.start + Time(((hour*60+minute)*60+second)*1000+milli), true
}

// turn turns c to the date s.
func (c *clock) turn(s []byte) bool {
	t, err := time.Parse(time.DateOnly, string(s))
	if err != nil {
		return false
	}
	c.month, c.day, c.start = load(s, 0), binary.LittleEndian.Uint16(s[8:]), TimeOf(t)
	return true
}

const (
	millisPerDay = 24 * 60 * 60 * 1000
	// The years that RFC 3339 can write.
	minWritable Time = -62_167_219_200_000 // 0000-01-01T00:00:00.000Z
	maxWritable Time = 253_402_300_799_999 // 9999-12-31T23:59:59.999Z
)

// AppendTo appends t as RFC 3339 with milliseconds to b. Years outside 0 to
// 9999 have no such form; they are written as package time does.
func (t Time) AppendTo(b []byte) []byte {
	if t < minWritable || t > maxWritable {
		return t.Std().AppendFormat(b, "2006-01-02T15:04:05.000Z")
	}
	days, ms := int64(t-minWritable)/millisPerDay, int64(t-minWritable)%millisPerDay
	year, month, day := civil(days)
	return append(
		b,
		byte('0'+year/1000), byte('0'+year/100%10), byte('0'+year/10%10), byte('0'+year%10), '-',
		byte('0'+month/10), byte('0'+month%10), '-', byte('0'+day/10), byte('0'+day%10), 'T',
		byte('0'+ms/36_000_000), byte('0'+ms/3_600_000%10), ':',
		byte('0'+ms/600_000%6), byte('0'+ms/60_000%10), ':',
		byte('0'+ms/10_000%6), byte('0'+ms/1000%10), '.',
		byte('0'+ms/100%10), byte('0'+ms/10%10), byte('0'+ms%10), 'Z',
	)
}

// civil returns the date that is days after 1 January of the year 0 in the
// proleptic Gregorian calendar. Howard Hinnant's civil_from_days, whose years
// begin in March: https://howardhinnant.github.io/date_algorithms.html
func civil(days int64) (year, month, day int64) {
	days -= 60 // 1 March of the year 0
	days += 146_097
	era := days / 146_097
	doe := days % 146_097
	yoe := (doe - doe/1460 + doe/36_524 - doe/146_096) / 365
	doy := doe - (365*yoe + yoe/4 - yoe/100)
	mp := (5*doy + 2) / 153
	day = doy - (153*mp+2)/5 + 1
	month = mp + 3
	if month > 12 {
		month -= 12
	}
	year = yoe + (era-1)*400
	if month <= 2 {
		year++
	}
	return year, month, day
}
