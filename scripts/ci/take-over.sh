#!/usr/bin/env bash
# Takes over what a pull request's job handed over, as data: one file of an artifact, bounded in size, compared with the
# commit by take-over.ts. Nothing of it is run and no path in it is followed. Writes WORK/head and WORK/base.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${RUN_ID:?}" "${HEAD_SHA:?}" "${BASE_SHA:?}" "${POLICIES:?}" "${WORK:?}"
here=$(cd "$(dirname "$0")" && pwd)

readonly MAX_ZIP=5242880 MAX_JSON=20971520
mkdir -p "$WORK/head" "$WORK/base"

artifact=$(gh api --method GET "repos/$GITHUB_REPOSITORY/actions/runs/$RUN_ID/artifacts" --raw-field name=curfew-policies |
  jq '.artifacts | map(select(.name == "curfew-policies" and (.expired | not))) | first // empty')
[[ -n $artifact ]] || { echo "The pull request's run handed nothing over." >&2; exit 1; }
if (($(jq '.size_in_bytes' <<< "$artifact") > MAX_ZIP)); then
  echo "The artifact is larger than $MAX_ZIP bytes." >&2
  exit 1
fi

gh api "repos/$GITHUB_REPOSITORY/actions/artifacts/$(jq '.id' <<< "$artifact")/zip" > "$WORK/policies.zip"
# A pipe holds no more than is asked for, so an archive that unpacks to gigabytes does no harm; take-over.ts sees the cut.
{ unzip -p "$WORK/policies.zip" policies.json || true; } | head -c "$((MAX_JSON + 1))" > "$WORK/policies.json"
gh api "repos/$GITHUB_REPOSITORY/git/trees/$HEAD_SHA?recursive=1" > "$WORK/tree.json"

node "$here/take-over.ts" "$WORK/policies.json" "$WORK/tree.json" "$POLICIES" "$WORK/head"

# The base's policies are this repository's own; where it had none yet, the folder stays empty and wants nothing.
if [[ -n $(git ls-tree --name-only "$BASE_SHA" -- "$POLICIES") ]]; then
  git archive "$BASE_SHA" -- "$POLICIES" | tar -x -C "$WORK/base"
fi
