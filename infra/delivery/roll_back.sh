#!/usr/bin/env bash
# Let functions serve the revisions that they served before, the last that was touched first.
#
# SERVED_BEFORE names a file with a line for each: service, region, revision. Where one cannot go
# back, the others still do.
set -euo pipefail
: "${PROJECT_ID:?}" "${SERVED_BEFORE:?}"

failed=0
while read -r service region revision <&3; do
  echo "$service: back to $revision"
  gcloud run services update-traffic "$service" --region="$region" --project="$PROJECT_ID" \
    --to-revisions="$revision=100" --quiet || failed=1
done 3< <(tac "$SERVED_BEFORE")
exit "$failed"
