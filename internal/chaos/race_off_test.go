//go:build !race

package chaos_test

// raceEnabled says that these tests, and so the program, run with the race
// detector.
const raceEnabled = false
