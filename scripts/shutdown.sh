#!/bin/sh
# Stops the platform. --help says more.
set -eu
about="usage: scripts/shutdown.sh [--volumes [--yes]]
       scripts/shutdown.sh --local [--dir DIR] [--volumes [--yes]]

Stops the platform that deploy.sh has started: what sends first, the services last.

With docker compose the volumes stay, and deploy.sh goes on with them. With --local the services
keep nothing; lake, warehouse and logs stay in the folder until the next deploy.sh.
  --dir DIR   the folder (\$GLOBALMART_PLATFORM, or .cache/platform)
  --volumes   remove the volumes, or the folder, with all that is in them; asks first
  --yes       do not ask"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
volumes='' yes=''
while [ $# -gt 0 ]; do
  words=1
  case $1 in
    --volumes) volumes=yes ;;
    --yes) yes=yes ;;
    *) take "$@" ;;
  esac
  taken "$1" $#
  shift "$words"
done
settle
if [ -n "$volumes" ] && [ -z "$yes" ]; then
  what='every volume of the platform'
  [ -z "$here" ] || what=$dir
  printf 'Remove %s with all that is in it? [y/N] ' "$what" >&2
  read -r answer || answer=
  case $answer in y | Y | yes) ;; *) fail 1 "nothing was done" ;; esac
fi
if [ -z "$here" ]; then
  docker compose down --remove-orphans ${volumes:+--volumes}
  say "the platform is stopped${volumes:+, its volumes are removed}"
  exit
fi
if runs; then
  "$services" -ask "$dir" shutdown
  say "the platform in $dir is stopped"
else
  say "no platform runs in $dir"
fi
[ -n "$volumes" ] && [ -d "$dir" ] || exit 0
[ -f "$dir/deploy.log" ] || fail 1 "$dir is no folder of deploy.sh: it was left alone"
rm -rf "$dir"
say "$dir is removed"
