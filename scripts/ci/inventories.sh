#!/usr/bin/env bash
# Fetches what the last scheduled run of each target saved, and nothing else: WORK/inventories/SLUG.jsonl.
# Which targets there are is said by the policies of this checkout, which is the base branch.
set -euo pipefail
: "${BUCKET:?}" "${POLICIES:?}" "${WORK:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p "$WORK/inventories"
node "$root/bin/curfew.js" validate "$POLICIES" --format json | node "$root/scripts/ci/targets.ts" > "$WORK/targets"
while IFS=$'\t' read -r slug target; do
  aws s3 cp --only-show-errors "s3://$BUCKET/runs/$slug/inventory.jsonl" "$WORK/inventories/$slug.jsonl" ||
    echo "There is no saved inventory of $(printf '%q' "$target") yet." >&2
done < "$WORK/targets"
