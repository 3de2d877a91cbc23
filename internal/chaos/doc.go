// Package chaos kills, freezes and starves the real program and then has
// `globalmart verify` prove that nothing was lost or counted twice. It holds
// tests only.
//
// Chance is seeded: a failing test prints its seed, and GLOBALMART_SEED=N runs it
// again with the same choices (when a process is hit still depends on the
// machine). CHAOS_KILLS=N is how often the longer tests kill, see `make chaos`.
package chaos
