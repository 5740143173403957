#!/usr/bin/env bash
# Installs what Curfew needs to run, beside its sources: exact versions, no scripts of packages, no development tools.
set -euo pipefail
cd "$(dirname "$0")/../.."
npm ci --omit=dev --ignore-scripts --no-audit --no-fund
