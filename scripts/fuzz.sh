#!/usr/bin/env bash
# Runs every fuzz target for $1 each, one after the other, and tells at the end which failed.
set -euo pipefail
cd "$(dirname "$0")/.."
failed=()
while IFS=: read -r file _ target; do
  target=${target#func }
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 1x "./$(dirname "$file")" || failed+=("$target in $file")
done < <(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort)
[ "${#failed[@]}" -eq 0 ] || { printf 'fuzz: failed: %s\n' "${failed[@]}" >&2; exit 1; }
