#!/usr/bin/env bash
# One open issue while there is drift: opened once, kept up to date without a word, closed when the drift is gone.
# What falls due, or waits for other causes, opens none. Takes REPORTS/drift.json and REPORTS/drift.md, and in CODE the exit
# code of the run that made them: where it could not tell of everything (neither 0, 2 nor 3), no issue is closed.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${REPORTS:?}" "${RUN_URL:?}" "${CODE:?}"
if [[ ! -s $REPORTS/drift.json ]]; then
  echo "There is no drift report: the run says why. No issue is touched."
  exit 0
fi
readonly MARKER='<!-- curfew:drift: -->'
author=${ISSUE_AUTHOR:-github-actions[bot]}

drift=$(jq '[.drifts // [.] | .[].drift | length] | add' "$REPORTS/drift.json")
issue=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues?state=open&per_page=100" |
  jq --slurp --arg marker "$MARKER" --arg author "$author" '
    add // [] | map(select(.pull_request | not) | select(.user.login == $author and (.body // "" | startswith($marker))))
    | first | .number // empty')

if ((drift > 0)); then
  body=$(mktemp)
  {
    echo "$MARKER"
    if (($(wc -c < "$REPORTS/drift.md") > 65000)); then
      echo "The report is too long for an issue; the run has it."
    else
      cat "$REPORTS/drift.md"
    fi
    printf '\n<sub>[The run with the whole report](%s)</sub>\n' "$RUN_URL"
  } > "$body"
  title="Drift: $drift $( ((drift == 1)) && echo change || echo changes) behind the policy's back"
  if [[ -n $issue ]]; then
    to=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/$issue")
  else
    to=(--method POST "repos/$GITHUB_REPOSITORY/issues")
  fi
  jq --raw-input --slurp --arg title "$title" '{title: $title, body: .}' "$body" | gh api "${to[@]}" --input - --silent
  rm "$body"
  echo "$title: $([[ -n $issue ]] && echo "issue $issue is updated" || echo "an issue is opened")"
elif [[ ! $CODE =~ ^[023]$ ]]; then
  echo "Whether there is drift can't be told (exit code $CODE): no issue is touched."
elif [[ -n $issue ]]; then
  gh api --method POST "repos/$GITHUB_REPOSITORY/issues/$issue/comments" --silent --raw-field body="The drift is gone: $RUN_URL"
  gh api --method PATCH "repos/$GITHUB_REPOSITORY/issues/$issue" --silent --raw-field state=closed --raw-field state_reason=completed
  echo "No drift: issue $issue is closed"
else
  echo "No drift."
fi
