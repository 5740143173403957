#!/usr/bin/env bash
# Plans the policies in WORK/head against those in WORK/base, each target on its saved inventory: no network, no credentials.
# Writes WORK/plan/SLUG.json, the full plan, and WORK/plan/SLUG.md, the comment. The output `code` is the worst exit code.
set -euo pipefail
: "${POLICIES:?}" "${WORK:?}" "${GITHUB_OUTPUT:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)
curfew() { node "$root/bin/curfew.js" "$@"; }

mkdir -p "$WORK/plan"
{
  cat "$WORK/targets"
  (cd "$WORK/head" && curfew validate "$POLICIES" --format json 2> /dev/null || true) | node "$root/scripts/ci/targets.ts"
} | sort -u > "$WORK/all-targets"
if [[ ! -s $WORK/all-targets ]]; then
  echo "Neither the base nor the change has a policy that can be read, so there is no target to plan." >&2
  exit 1
fi

# As a plan's own marker has the name, so that both are one comment.
marker_of() { jq -rn --arg s "$1" '$s | @uri' | sed "s/'/%27/g; s/!/%21/g; s/(/%28/g; s/)/%29/g; s/[*]/%2A/g"; }

# A comment that says why there is no plan. What Curfew wrote goes into a fence that it can't close.
without_plan() {
  local target=$1 why=$2
  printf '<!-- curfew:plan:%s -->\n### Curfew plan for `%s`\n\n**%s**\n\n' "$(marker_of "$target")" \
    "$(tr -d '[:cntrl:]' <<< "$target" | tr '`' "'")" "$why"
  [[ -s $WORK/errors ]] || return 0
  printf '```text\n'
  head -c 20000 "$WORK/errors" | tr '`' "'"
  printf '\n```\n'
  (($(wc -c < "$WORK/errors") <= 20000)) || printf '\n_There is more in the log of the run._\n'
}

codes=()
while IFS=$'\t' read -r slug target; do
  : > "$WORK/errors"
  inventory="$WORK/inventories/$slug.jsonl"
  if [[ ! -f $inventory ]]; then
    without_plan "$target" "No plan: no scheduled run has saved an inventory of this target yet." > "$WORK/plan/$slug.md"
    continue
  fi
  code=0
  (cd "$WORK/head" && curfew plan "$POLICIES" "--target=$target" --inventory "$inventory" --base "$WORK/base" \
    --format markdown --out "$WORK/plan/$slug.json") > "$WORK/plan/$slug.md" 2> "$WORK/errors" || code=$?
  cat "$WORK/errors" >&2
  codes+=("$code")
  if [[ ! -s $WORK/plan/$slug.md ]]; then
    without_plan "$target" "No plan: the policies can't be planned." > "$WORK/plan/$slug.md"
  fi
done < "$WORK/all-targets"

worst=0
for code in 2 3 6 1 4 5; do
  [[ " ${codes[*]-} " != *" $code "* ]] || worst=$code
done
echo "code=$worst" >> "$GITHUB_OUTPUT"
