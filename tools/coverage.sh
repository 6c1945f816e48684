#!/bin/sh
# Branch coverage of what must be right by itself: rules, twins and row readers, 100 % or fail.
set -eu
pure='*/rules.py,*/token.py,*/wire.py,*/layout.py,*/rows.py,*/fact_columns.py,*/ticket_columns.py'
pure="$pure,*/checkin/columns.py,*/fold.py,*/verdict.py,*/guest_rows.py"
rm -f .coverage
.venv/bin/coverage run --include="$pure" -m pytest -q -p no:cacheprovider \
  tests/contract tests/rooms/events/test_rules.py tests/rooms/tickets/test_rules.py \
  tests/rooms/tickets/test_guest_rows.py
.venv/bin/coverage report --include="$pure" --fail-under=100
# The door app's twins are asked by the same contract tests, in a Node process that c8 watches.
node_modules/.bin/c8 --100 --include 'pwa/src/core/*.js' .venv/bin/pytest -q -p no:cacheprovider \
  tests/contract --deselect tests/contract/test_token_mutations.py
