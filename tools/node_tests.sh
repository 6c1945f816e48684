#!/bin/sh
# The door app's tests under Node's own runner.
set -eu
files=$(find pwa/test -name '*.test.js' 2>/dev/null | sort)
[ -n "$files" ] || { echo "no node tests found" >&2; exit 1; }
# shellcheck disable=SC2086
exec node --test $files
