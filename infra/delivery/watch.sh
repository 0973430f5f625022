#!/usr/bin/env bash
# Fail unless the newest revision of a function serves, and fails no more often than the one before.
#
#   watch.sh SERVICE REGION "REQUESTS FAILED"    the last of what served before, of the last 30 minutes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${PROJECT_ID:?}" "${_WATCH_SECONDS:?}"
service=$1 region=$2
read -r requests_before failed_before <<<"$3"

newest=$("$here/revision.sh" newest "$service" "$region")
serving=$("$here/revision.sh" serving "$service" "$region")
if [[ $serving != "$newest" ]]; then
  echo "$service: $newest was deployed, but $serving serves." >&2
  exit 1
fi

sleep "$_WATCH_SECONDS"
counted=$("$here/revision.sh" errors "$newest" 1h)
read -r requests failed <<<"$counted"
echo "$newest: $requests requests, $failed failed; before: $requests_before, $failed_before."

# Five failures, so that a single one of few does not count; five points in a hundred more, so that
# trouble that was there before is not blamed on the deployment.
if ((failed >= 5)) && ((failed * 100 * (requests_before > 0 ? requests_before : 1) > \
  requests * (failed_before * 100 + 5 * (requests_before > 0 ? requests_before : 1)))); then
  echo "$service: $newest fails more often than what served before." >&2
  exit 1
fi
