#!/usr/bin/env bash
# Runs every fuzz target for $1 each, one after the other, and tells at the end which failed.
set -euo pipefail
[ "${1-}" != --help ] || { sed -n '2s/^# //p' "$0"; exit 0; }
[[ "${1-}" =~ ^[0-9][0-9a-z.]*$ ]] || { echo 'fuzz: want how long each target runs. Try: scripts/fuzz.sh 60s, or make fuzz' >&2; exit 2; }
cd "$(dirname "$0")/.."
failed=()
while IFS=: read -r file _ target; do
  target=${target#func }
  go test -run '^$' -fuzz "^$target\$" -fuzztime "$1" -fuzzminimizetime 1x "./$(dirname "$file")" || failed+=("$target in $file")
done < <(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort)
[ "${#failed[@]}" -eq 0 ] || { printf 'fuzz: failed: %s\n' "${failed[@]}" >&2; exit 1; }
