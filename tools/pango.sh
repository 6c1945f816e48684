#!/bin/sh
# PDF tickets will be drawn with Pango; nothing here needs it yet, so its absence is only told.
if command -v ldconfig >/dev/null && ! ldconfig -p 2>/dev/null | grep -q libpango-1.0; then
  echo "note: Pango is not installed. Nothing in this version needs it; PDF tickets will."
  echo "      Debian, Ubuntu: sudo apt-get install libpango-1.0-0 libpangoft2-1.0-0"
  echo "      macOS: brew install pango"
fi
