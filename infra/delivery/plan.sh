#!/usr/bin/env bash
# Plan what the working tree would change, and say which of it the pipeline may not apply itself.
#
# Of a proposal (_APPLY=false) the recorded state alone is compared, for its account can read
# nothing else. What is to be deployed (_APPLY=true) is compared with what is really there, and the
# build ends here where a person is needed.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${_APPLY:?true or false}" "${_STATE_BUCKET:?the bucket of the state}"
: "${_ROOT:?the folder of the root module}" "${_VAR_FILE:?a .tfvars file in it}"
cd "$here/../../$_ROOT"

# An override, for a root module may have a backend of its own.
cat >backend_override.tf <<END
terraform {
  backend "gcs" {
    bucket = "$_STATE_BUCKET"
    prefix = "vigil"
  }
}
END

compare=(-lock-timeout=20m)
if [[ $_APPLY != true ]]; then
  compare=(-lock=false -refresh=false)
fi

mkdir -p .delivery
terraform init -input=false -no-color
terraform plan -input=false -no-color "${compare[@]}" -var-file="$_VAR_FILE" -out=.delivery/plan
terraform show -json .delivery/plan >.delivery/plan.json

guarded=$(python3 "$here/planned_changes.py" guarded .delivery/plan.json)
if [[ -n $guarded ]]; then
  echo "A person has to apply these, see docs/operating.md, \"What the pipeline leaves to people\":"
  echo "$guarded"
  if [[ $_APPLY == true ]]; then
    exit 1
  fi
fi
