#!/usr/bin/env bash
# Puts a report on a GitLab merge request as one note, which later pipelines update: `gitlab-note.sh FILE`.
# The first line of the report is a hidden marker. CURFEW_NOTE_TOKEN is a project access token with the scope `api`.
set -euo pipefail
: "${CI_API_V4_URL:?}" "${CI_MERGE_REQUEST_PROJECT_ID:?}" "${CI_MERGE_REQUEST_IID:?}" "${CURFEW_NOTE_TOKEN:?}"
report=$1
notes="$CI_API_V4_URL/projects/$CI_MERGE_REQUEST_PROJECT_ID/merge_requests/$CI_MERGE_REQUEST_IID/notes"

# The token goes by a file descriptor: the arguments of a process can be read by others.
api() { curl --fail --silent --show-error --config <(printf 'header = "PRIVATE-TOKEN: %s"\n' "$CURFEW_NOTE_TOKEN") "$@"; }

marker=$(head -n 1 "$report")
[[ $marker =~ ^'<!-- curfew:'[a-z]+:[^[:space:]]*' -->'$ ]] || { echo "$report has no marker" >&2; exit 1; }

me=$(api "$CI_API_V4_URL/user" | jq '.id')
id=""
for ((page = 1; page <= 100; page++)); do
  some=$(api "$notes?per_page=100&page=$page")
  id=$(jq --argjson me "$me" --arg marker "$marker" '
    map(select(.author.id == $me and (.body | split("\n")[0] | rtrimstr("\r")) == $marker)) | first | .id // empty' <<< "$some")
  [[ -z $id && $(jq 'length' <<< "$some") -eq 100 ]] || break
done

body=$(mktemp)
trap 'rm -f "$body"' EXIT
{
  cat "$report"
  [[ -z ${CI_JOB_URL:-} ]] || printf '\n<sub>[The job with the full plan](%s)</sub>\n' "$CI_JOB_URL"
} | jq --raw-input --slurp '{body: .}' > "$body"
if [[ -n $id ]]; then to=(--request PUT "$notes/$id"); else to=(--request POST "$notes"); fi
api --header 'Content-Type: application/json' --data "@$body" --output /dev/null "${to[@]}"
echo "$report: $([[ -n $id ]] && echo "note $id is updated" || echo "a new note")"
