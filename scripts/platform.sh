# Sourced by the scripts that run a platform: what they have in common. They set `about`,
# the text of --help. Exit codes: 0, 1 failed, 2 wrong use, 3 something is missing, 4 not
# healthy, 5 not in time.
# shellcheck shell=sh disable=SC2034,SC2154

root=$(cd "$(dirname "$0")/.." && pwd)
scripts=$root/scripts
name=$(basename "$0")
dir=${GLOBALMART_PLATFORM:-$root/.cache/platform}
program=$root/bin/globalmart
services=$root/.cache/tools/services
here='' # yes: processes on this machine, not Docker

fail() { # CODE MESSAGE
  code=$1
  shift
  printf '%s: %s\n' "$name" "$*" >&2
  exit "$code"
}

say() { printf '%s: %s\n' "${name%.sh}" "$*" >&2; }

# take takes one of the options that every script has, and fails on anything else. It sets
# `words`, how many of the arguments were taken.
take() {
  words=1
  case $1 in
    --help) printf '%s\n' "$about"; exit 0 ;;
    --local) here=yes ;;
    --dir) words=2 dir=${2:-} ;;
    *) fail 2 "$1: not understood. Try: scripts/$name --help" ;;
  esac
}

# taken ends the script if an option lacks its value: COUNT is how many arguments are left.
taken() { # OPTION COUNT
  [ "$words" -le "$2" ] || fail 2 "$1: want a value. Try: scripts/$name --help"
}

# number ends the script unless the value of an option is a number.
number() { # OPTION VALUE
  case $2 in
    '' | *[!0-9]*) fail 2 "$1: '$2': want a number" ;;
  esac
}

# settle ends the script if what it needs is not there. It sets `dir` to an absolute path,
# or goes to the folder of docker-compose.yml.
settle() {
  if [ -n "$here" ]; then
    [ -n "$dir" ] || fail 2 "--dir: it is empty: want a folder"
    case $dir in /*) ;; *) dir=$PWD/$dir ;; esac
    return
  fi
  command -v docker >/dev/null || fail 3 "docker is missing. Try: install Docker, or scripts/$name --local"
  docker compose version >/dev/null 2>&1 || fail 3 "'docker compose' does not work. Try: install its plugin, or scripts/$name --local"
  cd "$root" || fail 1 "cannot go to $root"
}

# running ends the script unless a platform runs, and takes the settings of a local one.
running() {
  if [ -n "$here" ]; then
    runs || fail 3 "no platform runs in $dir. Try: scripts/deploy.sh --local"
    # shellcheck source=/dev/null
    . "$dir/services.env"
  else
    [ -n "$(docker compose ps -q)" ] || fail 3 "no platform runs. Try: scripts/deploy.sh"
  fi
}

# runs reports whether a local platform runs in the folder.
runs() { [ -x "$services" ] && "$services" -ask "$dir" status >/dev/null 2>&1; }

# setting prints the value of a variable in a file such as .env.
setting() { # FILE VARIABLE
  sed -n "s/^$2=//p" "$1" | tail -n 1
}

# globalmart runs a command of the program on the platform.
globalmart() {
  if [ -n "$here" ]; then
    "$program" "$@"
  else
    docker compose exec -T -e GLOBALMART_API=api:8000 -e "GLOBALMART_API_KEY=$(setting .env API_KEY)" schedule globalmart "$@"
  fi
}
