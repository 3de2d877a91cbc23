#!/bin/sh
# Starts the platform on real services. --help says more.
set -eu
about="usage: scripts/deploy.sh [--production] [--workers N] [--wait SECONDS]
       scripts/deploy.sh --local [--dir DIR] [--workers N] [--rate N] [--listen ADDR] [--history DAYS] [--wait SECONDS]

Starts the whole platform in the background and returns when all of it is healthy: Kafka,
PostgreSQL, MongoDB, Redis, Spark, and on them a generator, stream workers, the lake's writer,
the schedule of the batch and the API. Where it runs already, what is down is started.
  --workers N     stream workers (1 with docker compose, 3 with --local)
  --wait SECONDS  how long it may take (600)

With docker compose; .env, which has its settings, is made of .env.example if it is missing:
  --production    no secret of .env.example may be left in .env; a new .env gets random ones

With --local as processes on this machine, on free ports and without Docker; a stand-in takes
the place of MongoDB. Logs, lake and warehouse are in a folder, which has services.env while it
runs: the settings for globalmart, for a shell to source. It begins empty each time.
  --dir DIR       the folder (\$GLOBALMART_PLATFORM, or .cache/platform)
  --rate N        events a second of the generator (500)
  --listen ADDR   where the API listens (127.0.0.1:8000); port 0 picks a free one
  --history DAYS  days in the lake before the first live one (2)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
production='' workers='' rate=500 listen=127.0.0.1:8000 history=2 wait=600
while [ $# -gt 0 ]; do
  words=2
  case $1 in
    --production) words=1 production=yes ;;
    --workers) workers=${2:-} ;;
    --rate) rate=${2:-} ;;
    --listen) listen=${2:-} ;;
    --history) history=${2:-} ;;
    --wait) wait=${2:-} ;;
    *) take "$@" ;;
  esac
  taken "$1" $#
  shift "$words"
done
[ -z "$workers" ] || number --workers "$workers"
number --history "$history"
number --wait "$wait"
[ -z "$here$production" ] || [ "$here$production" = yes ] || fail 2 "--production: a local platform is for tests"
settle

# secrets are the names of the variables in a file that hold one.
secrets() { sed -nE 's/^([A-Z0-9_]*(PASSWORD|SECRET|KEY))=.*/\1/p' "$1"; }

# write_settings makes .env, for its owner alone.
write_settings() {
  (
    umask 077
    cp .env.example .env.new
    if [ -n "$production" ]; then
      for variable in $(secrets .env.new); do
        secret=$(od -An -N24 -tx1 /dev/urandom | tr -d ' \n')
        sed "s/^$variable=.*/$variable=$secret/" .env.new >.env.next
        mv .env.next .env.new
      done
      sed 's/^DEV_KEYS=.*/DEV_KEYS=false/' .env.new >.env.next
      mv .env.next .env.new
    fi
    mv .env.new .env
  )
  say "made .env of .env.example${production:+, with random secrets}"
}

# check_secrets refuses those that everybody knows, and to take the keys of developers.
check_secrets() {
  known=
  for variable in $(secrets .env.example); do
    secret=$(setting .env "$variable")
    if [ -z "$secret" ] || [ "$secret" = "$(setting .env.example "$variable")" ]; then
      known="$known $variable"
    fi
  done
  [ -z "$known" ] || fail 1 "in .env these are empty or as in .env.example, which is public:$known. Try: set them, or remove .env for random ones if nothing was deployed with it"
  ! grep -q globalmart-api-key-2024 .env || fail 1 ".env has the development key globalmart-api-key-2024, which is public. Try: another one"
  [ "$(setting .env DEV_KEYS)" != true ] || fail 1 ".env takes development keys, which are public. Try: DEV_KEYS=false"
}

deploy_containers() {
  [ -f .env ] || write_settings
  [ -z "$production" ] || check_secrets
  say "starting the containers, some minutes the first time"
  docker compose up --detach --build --remove-orphans --wait --wait-timeout "$wait" ${workers:+--scale "stream=$workers"} || fail 1 "not all of it is healthy. Try: scripts/health_check.sh, scripts/logs.sh"
  say "all is healthy; API on http://$(docker compose port api 8000)"
}

deploy_processes() {
  make -s -C "$root" build "${services#"$root"/}" >&2 || fail 3 "the program is not built. Try: make setup"
  if runs; then
    "$services" -ask "$dir" start || fail 1 "something that was down does not start. Try: scripts/logs.sh --local"
    say "the platform in $dir runs; what was down is started"
    return
  fi
  mkdir -p "$dir"
  say "starting the platform in $dir, a minute or more"
  cd "$root"
  # The stand-in for MongoDB holds the warehouse, with 250,000 products, in memory.
  nohup "$services" -mongodb-memory 3g -deploy "$dir" -program "$program" -workers "${workers:-3}" -rate "$rate" -listen "$listen" -history "$history" \
    kafka postgres redis mongodb spark >"$dir/deploy.log" 2>&1 </dev/null &
  pid=$!
  until runs; do
    kill -0 "$pid" 2>/dev/null || { tail -n 20 "$dir/deploy.log" >&2; fail 1 "it did not start. Try: make setup, which gets what it needs"; }
    [ "$wait" -gt 0 ] || { kill "$pid"; fail 5 "it is not ready in time, and was stopped. Try: --wait SECONDS"; }
    wait=$((wait - 1))
    sleep 1
  done
  sed 's/^services: /deploy: /' "$dir/deploy.log" >&2
  say "'. $dir/services.env' has the settings; scripts/health_check.sh --local looks at it, scripts/shutdown.sh --local ends it"
}

if [ -n "$here" ]; then deploy_processes; else deploy_containers; fi
