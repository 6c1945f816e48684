#!/bin/sh
# Branch coverage of what must be right by itself: rules, twins and row readers, 100 % or fail.
set -eu
pure='*/rules.py,*/token.py,*/wire.py,*/fold.py,*/verdict.py,*/guest_rows.py'
rm -f .coverage
.venv/bin/coverage run --include="$pure" -m pytest -q -p no:cacheprovider \
  tests/contract tests/rooms/events/test_rules.py tests/rooms/tickets/test_rules.py \
  tests/rooms/tickets/test_guest_rows.py
.venv/bin/coverage report --fail-under=100
# shellcheck disable=SC2046
node_modules/.bin/c8 --100 --include 'pwa/src/core/*.js' node --test $(find pwa/test -path '*core*' -name '*.test.js' -o -path '*contract*' -name '*.test.js' | sort)
