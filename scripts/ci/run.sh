#!/usr/bin/env bash
# The composite action's one step: runs COMMAND, leaves its reports in REPORTS and its summary on the job, and fails where
# Curfew failed. What a plan finds (2) is no failure: a change is there to want something. Drift (2) is one, and so is a
# refusal (3).
set -euo pipefail
: "${COMMAND:?}" "${POLICIES:?}" "${REPORTS:?}" "${GITHUB_OUTPUT:?}" "${GITHUB_STEP_SUMMARY:?}"
root=$(cd "$(dirname "$0")/../.." && pwd)
curfew() { node "$root/bin/curfew.js" "$@"; }

mkdir -p "$REPORTS"
from=("$POLICIES")
[[ -z ${TARGET:-} ]] || from+=(--target "$TARGET")
[[ -z ${LEDGER:-} ]] || from+=(--ledger "$LEDGER")
code=0

# A plan that can't be made still answers for itself on the pull request.
plan() {
  local marker
  curfew plan "$@" --format markdown --out "$REPORTS/plan.json" > "$REPORTS/plan.md" 2> "$REPORTS/errors.txt" || code=$?
  cat "$REPORTS/errors.txt" >&2
  if [[ ! -s $REPORTS/plan.md ]]; then
    marker=$(jq -rn --arg target "${TARGET:-}" '$target | @uri' | sed "s/'/%27/g; s/!/%21/g; s/(/%28/g; s/)/%29/g; s/[*]/%2A/g")
    printf '<!-- curfew:plan:%s -->\n### Curfew plan\n\n**No plan:** the log of the run says why.\n' "$marker" > "$REPORTS/plan.md"
  fi
  rm "$REPORTS/errors.txt"
}

case $COMMAND in
  validate) curfew validate "$POLICIES" --format github || code=$? ;;
  test)
    curfew test "$POLICIES" --format junit > "$REPORTS/junit.xml" || code=$?
    curfew test "$POLICIES" --coverage || code=$?
    ;;
  plan)
    [[ -z ${BASE:-} ]] || from+=(--base "$BASE")
    [[ -z ${INVENTORY:-} ]] || from+=(--inventory "$INVENTORY")
    plan "${from[@]}"
    [[ -z ${INVENTORY:-} ]] || curfew plan "${from[@]}" --format github 2> /dev/null || true
    ;;
  drift) curfew drift "${from[@]}" --format markdown --out "$REPORTS/drift.json" > "$REPORTS/drift.md" || code=$? ;;
  apply) curfew apply "${from[@]}" --yes --format markdown > "$REPORTS/apply.md" || code=$? ;;
  *)
    echo "The command is validate, test, plan, drift or apply, not $(printf '%q' "$COMMAND")." >&2
    exit 1
    ;;
esac

[[ ! -f $REPORTS/$COMMAND.md ]] || cat "$REPORTS/$COMMAND.md" >> "$GITHUB_STEP_SUMMARY"
echo "code=$code" >> "$GITHUB_OUTPUT"
if ((code == 2)) && [[ $COMMAND == plan ]]; then code=0; fi
exit "$code"
