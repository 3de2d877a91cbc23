#!/bin/sh
# Shows the platform live. --help says more.
set -eu
about="usage: scripts/monitor.sh [--worker N] [--count N]
       scripts/monitor.sh --local [--dir DIR] [--count N]

Shows live what a stream worker does (events, lag, latency) and how the shop does (orders,
revenue, sessions, carts, alerts).
  --worker N  which of the workers (1)
  --count N   end after so many looks (0 = Ctrl-C ends it)
  --local     the platform of deploy.sh --local, its first worker
  --dir DIR   its folder (\$GLOBALMART_PLATFORM, or .cache/platform)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
count=0 worker=1
while [ $# -gt 0 ]; do
  words=2
  case $1 in
    --count) count=${2:-} ;;
    --worker) worker=${2:-} ;;
    *) take "$@" ;;
  esac
  taken "$1" $#
  shift "$words"
done
number --count "$count"
number --worker "$worker"
[ -z "$here" ] || [ "$worker" = 1 ] || fail 2 "--worker: with --local it is the first one"
settle
running
[ -z "$here" ] || exec "$program" top --count "$count"
exec docker compose exec --index "$worker" -e "GLOBALMART_API_KEY=$(setting .env API_KEY)" stream globalmart top --operator 127.0.0.1:9464 --api api:8000 --count "$count"
