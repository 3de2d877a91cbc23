package shop

import "math/bits"

// golden is 2^64 divided by the golden ratio, the step of SplitMix64.
const golden = 0x9e3779b97f4a7c15

// mix is the finalizer of SplitMix64 (variant 13 of Stafford's): a bijection in
// which every bit of x moves every bit of the result.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// Purposes keep hashes of one number for different ends independent.
const (
	forProduct uint64 = iota + 1
	forCategory
	forStock
	forShopper
	forShopperID
	forVisitor
	forSession
	forCart
	forOrder
	forRefund
	forEvent
	forCatalogue
	forFault
)

// derive returns a key for one purpose. For a fixed key and purpose,
// hash(derive(key, purpose), n) is a bijection of n, so ids made of it never
// collide within a run.
func derive(key, purpose uint64) uint64 { return mix(key ^ mix(purpose*golden)) }

// hash is the number of n under key.
func hash(key, n uint64) uint64 { return mix(key + n*golden) }

// dice are random numbers that are a function of where they start, for what
// must come out the same when it is asked for again.
type dice uint64

func (d *dice) next() uint64 {
	*d += golden
	return mix(uint64(*d))
}

// float returns a number in [0, 1).
func (d *dice) float() float64 { return unit(d.next()) }

// chance is true with probability p.
func (d *dice) chance(p float64) bool { return d.float() < p }

// below returns a number in [0, n).
func (d *dice) below(n int) int { return int(scale(d.next(), uint64(n))) }

// unit maps h to [0, 1).
func unit(h uint64) float64 { return float64(h>>11) * 0x1p-53 }

// scale maps h to [0, n) without a division.
func scale(h, n uint64) uint64 {
	hi, _ := bits.Mul64(h, n)
	return hi
}

// permutation shuffles [0, n) without a table: i*mul + add modulo n.
type permutation struct{ n, mul, add uint64 }

// newPermutation returns a permutation of [0, n) chosen by key.
func newPermutation(n, key uint64) permutation {
	mul := key>>1 | 1
	for mul %= n; gcd(mul, n) != 1; {
		mul = (mul + 1) % n
	}
	return permutation{n: n, mul: mul, add: mix(key) % n}
}

// at returns the place of i.
func (p permutation) at(i uint64) uint64 { return (i*p.mul + p.add) % p.n }

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}
