#!/usr/bin/env bash
# Fetches what the last scheduled run of each target saved, and nothing else: WORK/inventories/TARGET.jsonl.
# Which targets there are is said by the policies of this checkout, which is the base branch.
set -euo pipefail
: "${BUCKET:?}" "${POLICIES:?}" "${WORK:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)

mkdir -p "$WORK/inventories"
node "$root/bin/curfew.js" validate "$POLICIES" --format json | jq --raw-output '.policies[].target' > "$WORK/targets"
while IFS= read -r target; do
  # Other names are not those of their folders in the bucket (docs/deploy.md).
  if [[ ! $target =~ ^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$ ]]; then
    echo "The target $(printf '%q' "$target") is left out: its name has characters that a key does not have." >&2
    continue
  fi
  aws s3 cp --only-show-errors "s3://$BUCKET/runs/$target/inventory.jsonl" "$WORK/inventories/$target.jsonl" ||
    echo "There is no saved inventory of $target yet." >&2
done < "$WORK/targets"
