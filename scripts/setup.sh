#!/usr/bin/env bash
# Checks what the build needs, and installs the programs and files named as arguments
# where they are missing: PROGRAM, or PROGRAM:PACKAGE if its Debian package has another
# name. Prints nothing when there is nothing to do.
set -euo pipefail
[ "${1-}" != --help ] || { sed -n '2,4s/^# //p' "$0"; exit 0; }

fail() { printf 'setup: %s\n' "$*" >&2; exit 1; }

command -v go >/dev/null || fail "Go is missing. Try: install Go 1.26 or newer (https://go.dev/dl)"
cc="$(go env CC)"
command -v "${cc%% *}" >/dev/null || fail "the C compiler '$cc' is missing (SQLite is compiled in). Try: apt-get install gcc libc6-dev"

missing=()
for program in "$@"; do
  [ -e "${program%%:*}" ] || command -v "${program%%:*}" >/dev/null || missing+=("${program##*:}")
done
[ "${#missing[@]}" -eq 0 ] && exit 0

command -v apt-get >/dev/null || fail "the tests need ${missing[*]}. Try: install them with this system's package manager"
[ "$(id -u)" -eq 0 ] || fail "the tests need ${missing[*]}. Try: sudo apt-get install ${missing[*]}"
echo "setup: installing ${missing[*]}" >&2
export DEBIAN_FRONTEND=noninteractive
apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null 2>&1 ||
  { apt-get update -qq && apt-get install -qq -y --no-install-recommends "${missing[@]}" >/dev/null; }
