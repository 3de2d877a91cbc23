#!/usr/bin/env bash
# Runs every fuzz target for $1 each, one after the other.
set -euo pipefail
cd "$(dirname "$0")/.."
grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort | while IFS=: read -r file _ target; do
  go test -run '^$' -fuzz "^${target#func }\$" -fuzztime "$1" -fuzzminimizetime 1x "./$(dirname "$file")"
done
