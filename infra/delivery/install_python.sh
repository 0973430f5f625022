#!/usr/bin/env bash
# Install Python where an image has none: each step of a build begins with the image as it is.
set -euo pipefail
if ! command -v python3 >/dev/null; then
  apt-get -qq update
  apt-get -qq install --yes --no-install-recommends python3 >/dev/null
fi
