#!/usr/bin/env bash
# Puts each report on the pull request as one comment, which later runs update: `comment.sh FILE…`.
# The first line of a report is a hidden marker; a comment of this bot that begins with the same one is the one to update.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${PULL_REQUEST:?}"
author=${COMMENT_AUTHOR:-github-actions[bot]}

comments=$(gh api --paginate "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments?per_page=100" |
  jq --slurp --arg author "$author" 'add // [] | map(select(.user.login == $author) | {id, marker: (.body | split("\n")[0] | rtrimstr("\r"))})')

for report in "$@"; do
  marker=$(head -n 1 "$report")
  [[ $marker =~ ^'<!-- curfew:'[a-z]+:[^[:space:]]*' -->'$ ]] || { echo "$report has no marker" >&2; exit 1; }
  body=$(mktemp)
  cat "$report" > "$body"
  if [[ -n ${RUN_URL:-} ]]; then
    printf '\n<sub>[The run with the full plan](%s)%s</sub>\n' "$RUN_URL" "${HEAD_SHA:+, of commit ${HEAD_SHA:0:12}}" >> "$body"
  fi
  if (($(wc -c < "$body") > 65536)); then
    echo "$report is too long for a comment" >&2
    exit 1
  fi
  id=$(jq --arg marker "$marker" 'map(select(.marker == $marker)) | first | .id // empty' <<< "$comments")
  if [[ -n $id ]]; then
    to=(--method PATCH "repos/$GITHUB_REPOSITORY/issues/comments/$id")
  else
    to=(--method POST "repos/$GITHUB_REPOSITORY/issues/$PULL_REQUEST/comments")
  fi
  jq --raw-input --slurp '{body: .}' "$body" | gh api "${to[@]}" --input - --silent
  rm "$body"
  echo "$report: $([[ -n $id ]] && echo updated || echo "a new comment")"
done
