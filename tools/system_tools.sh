#!/bin/sh
# Brings the programs that the tests start: Chromium, ffmpeg, PostgreSQL, and promtool of Prometheus.
set -eu

missing=""
command -v chromium >/dev/null || command -v chromium-browser >/dev/null \
  || command -v google-chrome >/dev/null || missing="$missing chromium"
command -v ffmpeg >/dev/null || missing="$missing ffmpeg"
ls /usr/lib/postgresql/*/bin/postgres >/dev/null 2>&1 || command -v postgres >/dev/null \
  || missing="$missing postgresql"
command -v promtool >/dev/null || missing="$missing prometheus"
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
# Most tests of pages take the light one, for half the processor time; without it they take Chromium.
if ! command -v chromium-headless-shell >/dev/null && apt-cache show chromium-headless-shell >/dev/null 2>&1
then missing="$missing chromium-headless-shell"; fi
# Only programs are wanted: a cluster is made per test run, and promtool needs no server. Debian
# asks this file whether a package may start what it brings (101 is no).
if [ ! -e /usr/sbin/policy-rc.d ]; then
  printf '#!/bin/sh\nexit 101\n' | $root tee /usr/sbin/policy-rc.d >/dev/null
  $root chmod 755 /usr/sbin/policy-rc.d
  trap '$root rm -f /usr/sbin/policy-rc.d' EXIT
  trap 'exit 130' INT TERM
fi
# shellcheck disable=SC2086
DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends $missing >/dev/null
