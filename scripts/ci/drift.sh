#!/usr/bin/env bash
# The drift report of all targets: the job's summary, REPORTS/drift.md and REPORTS/drift.json. The output `code` is Curfew's.
# Drift (2) and a refusal (3) are findings, not failures of this step.
set -euo pipefail
: "${POLICIES:?}" "${REPORTS:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p "$REPORTS"
code=0
node "$root/bin/curfew.js" drift "$POLICIES" --format markdown --out "$REPORTS/drift.json" > "$REPORTS/drift.md" || code=$?
cat "$REPORTS/drift.md" >> "$GITHUB_STEP_SUMMARY"
echo "code=$code" >> "$GITHUB_OUTPUT"
case $code in 0 | 2 | 3) ;; *) exit "$code" ;; esac
