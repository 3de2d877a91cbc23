package event

const uuidLen = 36

// UUIDv7 returns the version 7 UUID (RFC 9562) of t with the random bits of hi
// (its low 12) and lo (its low 62), in canonical lower-case form.
func UUIDv7(t Time, hi, lo uint64) string {
	return string(AppendUUIDv7(make([]byte, 0, uuidLen), t, hi, lo))
}

// AppendUUIDv7 appends to b what [UUIDv7] returns.
func AppendUUIDv7(b []byte, t Time, hi, lo uint64) []byte {
	hi = uint64(t)<<16 | 7<<12 | hi&0xfff
	lo = 2<<62 | lo&(1<<62-1)
	b = appendHex(b, hi>>32, 8)
	b = append(b, '-')
	b = appendHex(b, hi>>16&0xffff, 4)
	b = append(b, '-')
	b = appendHex(b, hi&0xffff, 4)
	b = append(b, '-')
	b = appendHex(b, lo>>48, 4)
	b = append(b, '-')
	return appendHex(b, lo&(1<<48-1), 12)
}

// appendHex appends the low digits of n.
func appendHex(b []byte, n uint64, digits int) []byte {
	for shift := 4 * (digits - 1); shift >= 0; shift -= 4 {
		b = append(b, "0123456789abcdef"[n>>shift&15])
	}
	return b
}

// ParseUUID returns the bits of a UUID of any version in canonical lower-case
// form, such as 0190163d-8694-739b-aea5-966c26f8ad91. Other text is not ok, so
// that two texts never have the same bits.
func ParseUUID(s string) (hi, lo uint64, ok bool) {
	if len(s) != uuidLen || s[8] != '-' || s[13] != '-' || s[18] != '-' || s[23] != '-' {
		return 0, 0, false
	}
	a, okA := unhex(half(s, 0) | half(s, 4)<<32)
	b, okB := unhex(half(s, 9) | half(s, 14)<<32)
	c, okC := unhex(half(s, 19) | half(s, 24)<<32)
	d, okD := unhex(half(s, 28) | half(s, 32)<<32)
	return a<<32 | b, c<<32 | d, okA && okB && okC && okD
}

// half returns the four bytes of s from i on as a little-endian number. The
// compiler makes one load of it.
func half(s string, i int) uint64 {
	s = s[i : i+4]
	return uint64(s[0]) | uint64(s[1])<<8 | uint64(s[2])<<16 | uint64(s[3])<<24
}

// unhex returns the number that the eight lower-case hexadecimal digits in x
// stand for, the most significant in the lowest byte.
func unhex(x uint64) (n uint64, ok bool) {
	const (
		overNine  = ones * (0x80 - ('9' + 1)) // adding it to a digit sets no high bit
		letters   = ones * (0x80 - 'a')       // adding it to a letter sets the high bit
		overF     = ones * (0x80 - ('f' + 1))
		underZero = ones * (0x80 - '0')
	)
	if x&highs != 0 {
		return 0, false
	}
	letter := (x + letters) & highs // bytes from 'a' on
	if (x+overF)&highs != 0 || (x+underZero)&highs != highs || (x+overNine)&highs != letter {
		return 0, false
	}
	// A letter's low four bits count from 1, so it needs 9 more.
	x = x&(ones*0x0f) + letter>>7*9
	x = (x<<4 | x>>8) & 0x00ff00ff00ff00ff // pairs of digits
	x = (x<<8 | x>>16) & 0x0000ffff0000ffff
	return (x<<16 | x>>32) & 0xffffffff, true
}
