#!/bin/sh
# PDF tickets are drawn with Pango; without it mails go out without their PDF, which is told here.
if command -v ldconfig >/dev/null && ! ldconfig -p 2>/dev/null | grep -q libpangoft2-1.0; then
  root=""
  if [ "$(id -u)" -ne 0 ]; then root="sudo -n"; fi
  if command -v apt-get >/dev/null && { [ -z "$root" ] || $root true 2>/dev/null; }; then
    echo "installing Pango, which draws PDF tickets"
    { $root apt-get update -qq &&
      DEBIAN_FRONTEND=noninteractive $root apt-get install -y -qq --no-install-recommends \
        libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0; } >/dev/null 2>&1 && exit 0
  fi
  echo "note: Pango is not installed, so mails carry no PDF tickets (the codes stand in the mail)."
  echo "      Debian, Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
  echo "      macOS: brew install pango"
fi
