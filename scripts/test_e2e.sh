#!/bin/sh
# Tries the whole platform, end to end. --help says more.
set -eu
about="usage: scripts/test_e2e.sh
       scripts/test_e2e.sh --local [--dir DIR] [--rate N]

Deploys a platform of its own, which begins empty, and sees that events become numbers: topics,
a generator, three stream workers, the batch on Spark, the warehouse in MongoDB, answers in
Redis, the endpoints of the API. Then it kills a worker, restarts Kafka and PostgreSQL and stops
Redis, sees that the numbers go on, and has globalmart verify prove that nothing was lost or
counted twice. Some minutes; what it has started it stops and removes.
  --local     as processes on this machine, beside a platform that runs there
  --dir DIR   the folder (.cache/test-platform); it stays if something failed
  --rate N    events a second (500)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
dir=$root/.cache/test-platform rate=500
while [ $# -gt 0 ]; do
  words=2
  case $1 in
    --rate) rate=${2:-} ;;
    *) take "$@" ;;
  esac
  taken "$1" $#
  shift "$words"
done
number --rate "$rate"
command -v curl >/dev/null || fail 3 "curl is missing. Try: install it with this system's package manager"
settle
export COMPOSE_PROJECT_NAME=globalmart-e2e
# script runs another one on the same platform.
script() { # NAME OPTION...
  script=$scripts/$1.sh
  shift
  if [ -n "$here" ]; then "$script" --local --dir "$dir" "$@"; else "$script" "$@"; fi
}

began=$(date +%s)
step() { printf '%4ss  %s\n' "$(($(date +%s) - began))" "$*" >&2; }
ended() {
  code=$?
  trap - EXIT
  if [ "$code" -ne 0 ]; then
    [ -n "$here" ] || script logs >"$dir.log" 2>&1 || :
    script shutdown || :
    if [ -n "$here" ]; then step "failed; the logs are in $dir/logs"; else step "failed; the end of every log is in $dir.log"; fi
  elif script shutdown --volumes --yes; then
    step "all is as it should be"
  else
    code=1
  fi
  exit "$code"
}

# ask PATH prints what the API answers; its status is that of the answer.
ask() { curl -fsS --max-time 60 -H "X-API-Key: $key" "http://$api$1"; }
# in_answer PATTERN PATH succeeds if the API answers something that matches.
in_answer() { ask "$2" | tr -d ' \n' | grep -qE "$1"; }
# part has one service stopped, started, killed or restarted.
part() { # VERB SERVICE
  if [ -n "$here" ]; then
    "$services" -ask "$dir" "$1" "$2" || fail 1 "cannot $1 $2"
  else
    docker compose "$1" "$2" >/dev/null 2>&1 || fail 1 "cannot $1 $2"
  fi
  step "$1 $2"
}
# workers prints the names of the stream workers.
workers() {
  if [ -n "$here" ]; then
    "$services" -ask "$dir" status | sed -n 's/^\(stream-[0-9]*\) up$/\1/p'
  else
    docker compose ps --status running --format '{{.Name}}' stream
  fi
}
three_workers() { [ "$(workers | wc -l)" -eq 3 ]; }
kill_worker() {
  worker=$(workers | sed -n 2p)
  if [ -n "$here" ]; then part kill "$worker"; else docker kill "$worker" >/dev/null && step "kill $worker"; fi
}
start_worker() {
  if [ -n "$here" ]; then part start "$worker"; else docker compose up --detach --no-recreate stream >/dev/null 2>&1; fi
}
# kept succeeds if Redis has answers. Each time another question is asked: a busy Redis is not
# waited for, and an answer may not get there.
kept() {
  ask "/api/v1/products/performance?category=Electronics&limit=$left" >/dev/null || return
  if [ -n "$here" ]; then
    redis-cli --no-auth-warning -u "redis://default:${GLOBALMART_CACHE#redis://:}" dbsize
  else
    docker compose exec -T redis redis-cli dbsize
  fi | grep -qE '^[1-9]'
}
# until_so SECONDS WHAT COMMAND... waits until a command succeeds.
until_so() {
  left=$1 what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    [ "$left" -gt 0 ] || fail 5 "not in time: $what"
    left=$((left - 1))
    sleep 1
  done
  step "$what"
}
# orders prints how many orders of today count.
orders() { ask /api/v1/sales/summary | tr -d ' \n' | grep -o '"orders":[0-9]*' | head -n 1 | cut -d : -f 2; }
more_orders() { [ "$(orders)" -gt "$1" ]; }
# goes_on waits until more orders count than now.
goes_on() {
  now=$(orders)
  until_so 180 "orders go on after $*" more_orders "$now"
}
on_spark() { globalmart batch history --job "$1" | grep -q ' done .* spark '; }
caught_up() { globalmart verify -o json | tr -d ' \n' | grep -q '"waiting":0,'; }

trap ended EXIT
trap 'exit 130' INT TERM

if [ -n "$here" ]; then
  script deploy --rate "$rate" --history 1 --listen 127.0.0.1:0
  # shellcheck source=/dev/null
  . "$dir/services.env"
  api=$GLOBALMART_API key=globalmart-api-key-2024
else
  script shutdown --volumes --yes
  script deploy --workers 3
  api=$(docker compose port api 8000) key=$(setting .env API_KEY)
fi
step "deployed"
script create_topics >/dev/null
step "the topics are there"
three_workers || fail 1 "there are not three stream workers, but: $(workers | tr '\n' ' ')"
until_so 180 "orders count" more_orders 0
for job in etl rfm products trends; do
  until_so 600 "$job was done on Spark" on_spark "$job"
done
script health_check || fail 4 "not all is healthy"
step "all is healthy"

for path in '/health' '/api/v1/sales/metrics?limit=10' '/api/v1/sales/summary' '/api/v1/sales/trends' '/api/v1/customers/segments?segment=Champions' \
  '/api/v1/products/performance?category=Electronics&sort_by=total_revenue' '/api/v1/monitoring/anomalies' '/api/v1/monitoring/dashboard'; do
  ask "$path" >/dev/null || fail 1 "the API does not answer $path"
done
in_answer '"name":"warehouse","status":"ok","detail":"MongoDB' /health || fail 1 "the API's warehouse is not in MongoDB"
in_answer '"customers":[1-9]' /api/v1/customers/segments || fail 1 "there is no customer in a segment"
in_answer '"product_id":"' '/api/v1/products/performance?category=Electronics' || fail 1 "there is no product of Electronics"
step "the API answers, with the warehouse in MongoDB"
until_so 60 "Redis keeps answers" kept

kill_worker
goes_on "a worker was killed"
start_worker
part restart kafka
goes_on "Kafka was restarted"
part restart postgres
goes_on "PostgreSQL was restarted"
part stop redis
in_answer '"customers":[1-9]' /api/v1/customers/segments || fail 1 "without Redis the API does not answer"
goes_on "Redis was stopped"
part start redis
part stop generator
until_so 300 "the stream has read all" caught_up
globalmart verify
step "verified"
