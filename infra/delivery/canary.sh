#!/usr/bin/env bash
# Let one outage go all the way, from a log entry to a notification; run it in the root module.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
: "${PROJECT_ID:?}"
url=$(terraform output -raw api_url)

if ! VIGIL_CANARY_KEY=$(gcloud secrets versions access latest --secret=vigil-canary-key \
  --project="$PROJECT_ID"); then
  echo "The canary has no key; the output canary_key_command says how to give it one." >&2
  exit 1
fi
export VIGIL_CANARY_KEY VIGIL_PROJECT=$PROJECT_ID
# Where not everybody reaches the API, Cloud Run asks who comes before Vigil does.
if [[ $(terraform output -json public_invokers) != *'"allUsers"'* ]]; then
  VIGIL_CANARY_TOKEN=$(gcloud auth print-identity-token --audiences="$url")
  export VIGIL_CANARY_TOKEN
fi
"${VIGIL:-$here/../../.venv/bin/vigil}" canary --url "$url"
