#!/usr/bin/env bash
# What `pulumi up` would change, as the job's summary and as REPORTS/preview.md for a comment.
set -euo pipefail
: "${STACK:?}" "${REPORTS:?}" "${GITHUB_STEP_SUMMARY:?}"
mkdir -p "$REPORTS"
code=0
pulumi preview --stack "$STACK" --diff --non-interactive --color never > "$REPORTS/preview.txt" 2>&1 || code=$?
cat "$REPORTS/preview.txt"
{
  printf '<!-- curfew:preview:%s -->\n### Pulumi preview of %s\n\n' "$(jq -rn --arg s "$STACK" '$s|@uri')" "${STACK//[^A-Za-z0-9_.\/-]/_}"
  ((code == 0)) || printf '**It failed with exit code %s.**\n\n' "$code"
  printf '<details><summary>The end of it, where the changes are counted</summary>\n\n```text\n'
  # The resources are counted at the end, so the end is what is kept.
  tail -c 60000 "$REPORTS/preview.txt" | iconv -c -t utf-8 | tr '`' "'"
  printf '\n```\n\n</details>\n'
  lost=$(($(wc -c < "$REPORTS/preview.txt") - 60000))
  ((lost <= 0)) || printf '\n_%s bytes before it are not shown for lack of room; the log of the run has them._\n' "$lost"
} > "$REPORTS/preview.md"
cat "$REPORTS/preview.md" >> "$GITHUB_STEP_SUMMARY"
exit "$code"
