#!/usr/bin/env bash
# Records the catalogue's workloads again and makes the profiles from what was seen: all of them, or those named.
# Root on Debian; installs what it needs.
set -euo pipefail
cd "$(dirname "$0")/.."
bash tools/install-test-packages.sh
node tools/run-ts.mjs tools/record-catalogue.ts "$@"
node tools/generate-catalogue.mjs
