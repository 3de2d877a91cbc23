#!/bin/sh
# Says whether the platform is well. --help says more.
set -eu
about="usage: scripts/health_check.sh
       scripts/health_check.sh --local [--dir DIR]

Asks every service and looks for every process: a line each, with ✓ or ✗. Exit code 0, or 4
if one is not well.
  --local    the platform of deploy.sh --local
  --dir DIR  its folder (\$GLOBALMART_PLATFORM, or .cache/platform)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
while [ $# -gt 0 ]; do
  take "$@"
  taken "$1" $#
  shift "$words"
done
settle
running

code=0
# line writes one line of the answer; anything but ✓ is not well.
line() { # NAME MARK DETAIL
  printf '%-14s %s  %s\n' "$1" "$2" "$3"
  [ "$2" = ✓ ] || code=4
}

# check_containers looks at what docker compose says of each service of its file. One that has
# done its work and ended is well.
check_containers() {
  containers=$(docker compose ps --all --format '{{.Service}} {{.State}} {{.Health}} {{.ExitCode}}' | tr -s ' ')
  for service in $(docker compose config --services | sort); do
    states=$(printf '%s\n' "$containers" | sed -n "s/^$service //p")
    ill=$(printf '%s\n' "$states" | grep -v -x -e 'running healthy 0' -e 'running 0' -e 'exited 0' | head -n 1)
    if [ -z "$states" ]; then
      line "$service" ✗ 'it was not started'
    elif [ -n "$ill" ]; then
      line "$service" ✗ "$ill"
    else
      line "$service" ✓ "$(printf '%s\n' "$states" | head -n 1 | sed 's/ [0-9]*$//')"
    fi
  done
}

# check_processes has globalmart ask the services, and looks for the other processes.
check_processes() {
  temporary=$(mktemp -d)
  trap 'rm -rf "$temporary"' EXIT
  answers=$temporary/answers states=$temporary/states
  # Without the operator port of the first worker, which monitor.sh is for.
  GLOBALMART_OPERATOR='' "$program" health --timeout 30s >"$answers" 2>"$temporary/trouble" || code=$?
  "$services" -ask "$dir" status >"$states"
  while read -r component mark detail; do
    case $component in
      component) continue ;; # the head of the table
      store) component=postgres ;;
      cache) component=redis ;;
      warehouse) component=mongodb ;;
      engine) component=spark ;;
    esac
    line "$component" "$mark" "$detail"
  done <"$answers"
  while read -r process state; do
    case $process in kafka | postgres | redis | mongodb | spark | api) continue ;; esac # they were asked
    if [ "$state" = up ]; then line "$process" ✓ ''; else line "$process" ✗ 'it has ended'; fi
  done <"$states"
  cat "$temporary/trouble" >&2
}

if [ -n "$here" ]; then check_processes; else check_containers; fi
exit "$code"
