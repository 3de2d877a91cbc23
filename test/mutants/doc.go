// Package mutants proves that the tests have teeth. Each file in mutant breaks
// one rule of the platform; the program is built with that change, and the tests
// that guard the rule must fail. It holds tests only.
//
// A mutant is a text archive. Its head says what the rule is, how it is broken and
// who should notice:
//
//	rule: a commit of an earlier owner writes nothing
//	broken: the store takes every task for current
//	tests: ./internal/store/sqlite ^TestStoreKeepsEveryPromise$/^commit$
//
// Then come pairs of a file's lines and what stands there instead:
//
//	-- internal/store/sqlite/commit.go --
//	-- with --
//
// The lines must occur exactly once, or the mutant fails: what it broke has moved.
// Nothing in the tree is changed, the compiler is given an overlay. A mutant is
// caught only by an assertion: one that does not compile, panics or runs into its
// time limit proves nothing and fails.
//
// A mutant whose tests run on a server says so (needs: postgres), and is skipped
// without it as they are: see package testenv.
package mutants
