#!/usr/bin/env bash
# Deploy what plan.sh has planned: the indexes that new code asks for, then one function at a time,
# each of which is watched before the next, then everything else, then the canary. If any of it
# fails, every function that was touched serves its former revision again.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)

if [[ ${_APPLY:?true or false} != true ]]; then
  echo "A proposal: nothing is deployed."
  exit 0
fi
: "${PROJECT_ID:?}" "${_WATCH_SECONDS:?}"
: "${_ROOT:?the folder of the root module}" "${_VAR_FILE:?a .tfvars file in it}"
cd "$here/../../$_ROOT"

# What served before, a line for each function that was touched: service, region, revision.
export SERVED_BEFORE=$PWD/.delivery/served_before
: >"$SERVED_BEFORE"

roll_back() {
  local status=$?
  if ((status)); then
    echo "The deployment failed; what was touched goes back."
    "$here/roll_back.sh" || echo "Not everything went back, see above." >&2
  fi
  exit "$status"
}
trap roll_back EXIT

apply() { # terraform's arguments...
  terraform apply -input=false -no-color -auto-approve -lock-timeout=20m -var-file="$_VAR_FILE" "$@"
}

deploy() { # address, service, region, action
  local address=$1 service=$2 region=$3 action=$4 serving='' newest='' failed_before=0
  if [[ $action != create ]]; then
    serving=$("$here/revision.sh" serving "$service" "$region")
    newest=$("$here/revision.sh" newest "$service" "$region")
    # One that was rolled back is no change to Terraform, but it has to come forward again.
    if [[ $action == no-op && $serving == "$newest" ]]; then
      return
    fi
    failed_before=$("$here/revision.sh" failed "$serving" 1800s)
    echo "$service $region $serving" >>"$SERVED_BEFORE"
  fi
  echo "== $service"
  apply -target="$address"
  gcloud run services update-traffic "$service" --region="$region" --project="$PROJECT_ID" \
    --to-latest --quiet
  "$here/watch.sh" "$service" "$region" "$failed_before"
}

# A query whose index is not there yet fails, and it may take long to build.
python3 "$here/planned_changes.py" indexes .delivery/plan.json >.delivery/indexes
if [[ -s .delivery/indexes ]]; then
  mapfile -t targets < <(sed 's/^/-target=/' .delivery/indexes)
  apply "${targets[@]}"
fi

python3 "$here/planned_changes.py" functions .delivery/plan.json >.delivery/functions
while read -r -a function <&3; do
  deploy "${function[@]}"
done 3<.delivery/functions

apply
"$here/canary.sh"
