#!/usr/bin/env bash
# Say what Cloud Run knows of a function's revisions.
#
#   revision.sh serving SERVICE REGION   the revision that gets the traffic
#   revision.sh newest SERVICE REGION    the one that was made last
#   revision.sh errors REVISION SPAN     how many requests it had in that time, and how many failed
set -euo pipefail
: "${PROJECT_ID:?}"

described() { # service, region, field
  gcloud run services describe "$1" --region="$2" --project="$PROJECT_ID" --format="value($3)"
}

case $1 in
serving) described "$2" "$3" 'status.traffic[0].revisionName' ;;
newest) described "$2" "$3" status.latestCreatedRevisionName ;;
errors)
  gcloud logging read "log_id(\"run.googleapis.com/requests\") AND resource.labels.revision_name=\"$2\"" \
    --freshness="$3" --limit=5000 --project="$PROJECT_ID" --format='value(httpRequest.status)' |
    awk '{ requests++ } $1 >= 500 { failed++ } END { print requests + 0, failed + 0 }'
  ;;
*)
  echo "revision.sh: serving, newest or errors, not $1" >&2
  exit 2
  ;;
esac
