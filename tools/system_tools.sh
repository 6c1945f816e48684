#!/bin/sh
# Brings the programs that the tests start: Chromium, ffmpeg, PostgreSQL.
set -eu

missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
  || command -v google-chrome >/dev/null || missing="$missing chromium"
command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null \
  || missing="$missing postgresql"
[ -z "$missing" ] && exit 0

root=""
if [ "$(id -u)" -ne 0 ]; then
  root="sudo -n"
  $root true 2>/dev/null || root="no"
fi
if [ "$root" = "no" ] || ! command -v apt-get >/dev/null; then
  echo "The tests need these programs:$missing" >&2
  echo "On Debian or Ubuntu: sudo apt-get install$missing" >&2
  exit 1
fi
echo "installing$missing"
$root apt-get update -qq
# A cluster of its own is made per test run, so the package need not start one.
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
