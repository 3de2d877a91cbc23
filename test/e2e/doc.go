// Package e2e runs the real program, process by process, on real services, and
// has `globalmart verify` prove the result. It holds tests only.
package e2e
