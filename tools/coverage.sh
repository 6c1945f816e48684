#!/bin/sh
# Branch coverage of what must be right by itself, in both languages: rules, twins and row
# readers, 100 % or fail. `[tool.coverage.run]` in pyproject.toml names the Python files.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export COVERAGE_FILE="$folder/python" NODE_V8_COVERAGE="$folder/node"
.venv/bin/coverage run -m pytest -q tests/contract tests/rooms/*/test_*rules.py \
  tests/rooms/tickets/test_guest_*.py tests/rooms/tickets/test_printed_id.py \
  tests/rooms/pool/test_csv_rows.py tests/rooms/pool/test_match_tickets.py \
  --deselect tests/contract/test_token_mutations.py
unset NODE_V8_COVERAGE
.venv/bin/coverage report --fail-under=100
node_modules/.bin/c8 report --temp-directory "$folder/node" --reports-dir "$folder/report" \
  --include 'pwa/src/core/*.js' --check-coverage --100
