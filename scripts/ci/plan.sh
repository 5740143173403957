#!/usr/bin/env bash
# Plans the policies in WORK/head against those in WORK/base, each target on its saved inventory: no network, no credentials.
# Writes WORK/plan/TARGET.json, the full plan, and WORK/plan/TARGET.md, the comment. The output `code` is the worst exit code.
set -euo pipefail
: "${POLICIES:?}" "${WORK:?}" "${GITHUB_OUTPUT:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)
curfew() { node "$root/bin/curfew.js" "$@"; }

mkdir -p "$WORK/plan"
{
  cat "$WORK/targets"
  (cd "$WORK/head" && curfew validate "$POLICIES" --format json 2> /dev/null || true) | jq --raw-output '.policies[]?.target'
} | sort -u | grep -E '^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$' > "$WORK/all-targets" || true

# A comment that says why there is no plan. What Curfew wrote goes into a fence that it can't close.
without_plan() {
  local target=$1 why=$2
  printf '<!-- curfew:plan:%s -->\n### Curfew plan for %s\n\n**%s**\n\n' "$target" "$target" "$why"
  [[ -s $WORK/errors ]] || return 0
  printf '```text\n'
  head -c 20000 "$WORK/errors" | tr '`' "'"
  printf '\n```\n'
  (($(wc -c < "$WORK/errors") <= 20000)) || printf '\n_There is more in the log of the run._\n'
}

codes=()
while IFS= read -r target; do
  : > "$WORK/errors"
  inventory="$WORK/inventories/$target.jsonl"
  if [[ ! -f $inventory ]]; then
    without_plan "$target" "No plan: no scheduled run has saved an inventory of this target yet." > "$WORK/plan/$target.md"
    continue
  fi
  code=0
  (cd "$WORK/head" && curfew plan "$POLICIES" --target "$target" --inventory "$inventory" --base "$WORK/base" \
    --format markdown --out "$WORK/plan/$target.json") > "$WORK/plan/$target.md" 2> "$WORK/errors" || code=$?
  cat "$WORK/errors" >&2
  codes+=("$code")
  if [[ ! -s $WORK/plan/$target.md ]]; then
    without_plan "$target" "No plan: the policies can't be planned." > "$WORK/plan/$target.md"
  fi
done < "$WORK/all-targets"

worst=0
for code in 2 3 6 1 4 5; do
  [[ " ${codes[*]-} " != *" $code "* ]] || worst=$code
done
echo "code=$worst" >> "$GITHUB_OUTPUT"
