#!/bin/sh
# Makes the topics that are missing. --help says more.
set -eu
about="usage: scripts/create_topics.sh [--partitions N] [--replication N]
       scripts/create_topics.sh --local [--dir DIR] [--partitions N] [--replication N]

Makes the topics that are missing on the platform's Kafka, checks those that are there, and
lists all of them.
  --partitions N   of a topic that is made (12); they can never be changed
  --replication N  copies of each (1: the platform has one broker)
  --local          the platform of deploy.sh --local
  --dir DIR        its folder (\$GLOBALMART_PLATFORM, or .cache/platform)"
# shellcheck source=scripts/platform.sh
. "$(dirname "$0")/platform.sh"
partitions=12 replication=1
while [ $# -gt 0 ]; do
  words=2
  case $1 in
    --partitions) partitions=${2:-} ;;
    --replication) replication=${2:-} ;;
    *) take "$@" ;;
  esac
  taken "$1" $#
  shift "$words"
done
number --partitions "$partitions"
number --replication "$replication"
settle
running
globalmart topics create --partitions "$partitions" --replication "$replication" >/dev/null
globalmart topics list
