//go:build !race

package process

// Race says that the tests, and so the program, run with the race detector.
const Race = false
