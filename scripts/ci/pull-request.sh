#!/usr/bin/env bash
# Finds the open pull request of the run that is over, and the commit that its change starts from.
# That run may be a stranger's: only the head commit, its repository and its branch are taken, from GitHub's event, and
# the pull request is asked of GitHub's API. Where a newer commit was pushed meanwhile there is none, and its run comes.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${GITHUB_OUTPUT:?}" "${HEAD_SHA:?}" "${HEAD_REPOSITORY:?}" "${HEAD_BRANCH:?}" "${DEFAULT_BRANCH:?}"

[[ $HEAD_SHA =~ ^[0-9a-f]{40}$ ]] || { echo "HEAD_SHA is no commit" >&2; exit 1; }

pull=$(gh api --method GET "repos/$GITHUB_REPOSITORY/pulls" \
  --raw-field state=open --raw-field "head=${HEAD_REPOSITORY%%/*}:$HEAD_BRANCH" --raw-field per_page=100 |
  jq --arg sha "$HEAD_SHA" --arg head "$HEAD_REPOSITORY" --arg base "$GITHUB_REPOSITORY" --arg branch "$DEFAULT_BRANCH" '
    map(select(.head.sha == $sha and .head.repo.full_name == $head
      and .base.repo.full_name == $base and .base.ref == $branch)) | first // empty')

if [[ -z $pull ]]; then
  echo "No open pull request to $DEFAULT_BRANCH has the head $HEAD_SHA: nothing to do."
  exit 0
fi

number=$(jq '.number' <<< "$pull")
base=$(jq --raw-output '.base.sha' <<< "$pull")
start=$(gh api "repos/$GITHUB_REPOSITORY/compare/$base...$HEAD_SHA" --jq '.merge_base_commit.sha')
[[ $number =~ ^[0-9]+$ && $start =~ ^[0-9a-f]{40}$ ]] || { echo "GitHub's answer is not understood" >&2; exit 1; }

echo "Pull request $number, from $start to $HEAD_SHA."
printf 'number=%s\nbase=%s\n' "$number" "$start" >> "$GITHUB_OUTPUT"
