#!/usr/bin/env bash
# Puts prometheus and promtool into folder $1: those of this machine, or out of Debian's package, which is not
# installed, so that no server starts. Prints nothing but what it gets.
set -euo pipefail
[ "${1-}" != --help ] || { sed -n '2,3s/^# //p' "$0"; exit 0; }

folder="$1"
rm -rf "$folder"
mkdir -p "$folder"
if command -v prometheus >/dev/null && command -v promtool >/dev/null; then
  for program in prometheus promtool; do ln -s "$(command -v "$program")" "$folder/$program"; done
  exit 0
fi
command -v apt-get >/dev/null ||
  { echo 'setup: the tests need prometheus and promtool. Try: install Prometheus (https://prometheus.io/download)' >&2; exit 1; }
echo 'setup: getting Prometheus, which tests ask what dashboards show' >&2
cd "$folder"
apt-get download -qq prometheus >/dev/null 2>&1 || { apt-get update -qq && apt-get download -qq prometheus 2>/dev/null; }
dpkg-deb --extract ./*.deb package
mv package/usr/bin/prometheus package/usr/bin/promtool .
rm -r ./*.deb package
