#!/usr/bin/env bash
# Fail unless the newest revision of a function serves, and fails no more often than the one before.
#
#   watch.sh SERVICE REGION FAILED    how often what served before failed in its last 30 minutes
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${PROJECT_ID:?}" "${_WATCH_SECONDS:?}"
service=$1 region=$2 failed_before=$3

newest=$("$here/revision.sh" newest "$service" "$region")
serving=$("$here/revision.sh" serving "$service" "$region")
if [[ $serving != "$newest" ]]; then
  echo "$service: $newest was deployed, but $serving serves." >&2
  exit 1
fi

sleep "$_WATCH_SECONDS"
# What comes late into the log of a short watch is not looked for longer than a minute.
span=$((_WATCH_SECONDS > 60 ? _WATCH_SECONDS : 60))
failed=$("$here/revision.sh" failed "$newest" "${span}s")
echo "$newest: $failed requests failed in $span s; before: $failed_before in 1800 s."

# Five failures, so that a single one of few does not count; twice as often, so that trouble that was
# there before is not blamed on the deployment.
if ((failed >= 5)) && ((failed * 1800 > 2 * failed_before * span)); then
  echo "$service: $newest fails more often than what served before." >&2
  exit 1
fi
