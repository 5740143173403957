#!/usr/bin/env bash
# Marks the pull request's head commit with what the plan's exit code means, as the status `curfew/plan`: branch protection
# can ask for it. A run of `workflow_run` is shown on no pull request by itself.
set -euo pipefail
: "${GITHUB_REPOSITORY:?}" "${HEAD_SHA:?}" "${CODE:?}" "${RUN_URL:?}"
state=failure
case $CODE in
  0) state=success text="Nothing is wanted" ;;
  2) state=success text="Planned: see the comment" ;;
  3) text="Refused by a limit: see the comment" ;;
  *) state=error text="No plan: see the comment" ;;
esac
gh api --method POST "repos/$GITHUB_REPOSITORY/statuses/$HEAD_SHA" --silent \
  --raw-field state="$state" --raw-field context=curfew/plan --raw-field description="$text" --raw-field target_url="$RUN_URL"
