#!/bin/sh
# Shows what the platform has logged. --help says more.
set -eu
about="usage: scripts/logs.sh [--follow] [SERVICE]
       scripts/logs.sh --local [--dir DIR] [--follow] [SERVICE]

Shows the last 100 lines that a service has logged, or each of them.
  --follow   go on with what comes, until Ctrl-C
  --local    the platform of deploy.sh --local, also after its end: kafka, postgres, redis,
             mongodb, spark, stream-1, stream-2, stream-3, lake, schedule, api, generator
  --dir DIR  its folder (\$GLOBALMART_PLATFORM, or .cache/platform)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
follow='' service=''
while [ $# -gt 0 ]; do
  words=1
  case $1 in
    --follow) follow=yes ;;
    -*) take "$@" ;;
    *) service=$1 ;;
  esac
  taken "$1" $#
  shift "$words"
done
settle
[ -n "$here" ] || exec docker compose logs --tail 100 ${follow:+--follow} ${service:+"$service"}
[ -d "$dir/logs" ] || fail 3 "there are no logs in $dir. Try: scripts/deploy.sh --local"
cd "$dir/logs"
if [ -z "$service" ]; then
  set -- *.log
else
  [ -f "$service.log" ] || fail 2 "$service: there is no log of it. Try one of: $(echo *.log | sed 's/\.log//g')"
  set -- "$service.log"
fi
exec tail -n 100 ${follow:+-f} "$@"
