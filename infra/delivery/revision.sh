#!/usr/bin/env bash
# Say what Cloud Run knows of a function's revisions.
#
#   revision.sh serving SERVICE REGION   the revision that gets the traffic
#   revision.sh newest SERVICE REGION    the one that was made last
#   revision.sh failed REVISION SPAN     how many of its requests failed in that time
set -euo pipefail
: "${PROJECT_ID:?}"

described() { # service, region, field
  gcloud run services describe "$1" --region="$2" --project="$PROJECT_ID" --format="value($3)"
}

case $1 in
serving) described "$2" "$3" 'status.traffic[0].revisionName' ;;
newest) described "$2" "$3" status.latestCreatedRevisionName ;;
failed)
  # Of pushes that went well there is no line, so that failures are counted and no share of them.
  gcloud logging read "log_id(\"run.googleapis.com/requests\") AND resource.labels.revision_name=\"$2\" AND httpRequest.status>=500" \
    --freshness="$3" --limit=5000 --project="$PROJECT_ID" --format='value(httpRequest.status)' |
    awk '$1 >= 500 { failed++ } END { print failed + 0 }'
  ;;
*)
  echo "revision.sh: serving, newest or failed, not $1" >&2
  exit 2
  ;;
esac
