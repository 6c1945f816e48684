"""The time of a verdict after 20,000 scans against the time at the start, in Chromium.

One phone, 20,000 tickets, the server answering all night. The door app decides 20,000 codes one
after the other without a pause, each durable before the next (as typed by a hand scanner, for a
camera would take hours; nine of ten are fresh tickets, one is a ticket that was let in before). A
verdict's time runs from the text being given to the door until the fact is on disk, as the app
marks it. The first fifty warm the page up; then the median and p95 of 500 scans, and those of the
last 500. In between everything is handed in, and changes come back and are put together as usual.
"""

import random
from typing import Any

from bench.chromium import call, pair, phone_window
from bench.figure import Figure, share
from bench.installation import installation, server

SCANS = 20_000
WARM = 50
LOOKED_AT = 500
AT_ONCE = 500

DECIDE = """
async (app, texts) => {
  const times = [];
  for (const text of texts) {
    const {timings} = await app.door.scanText(text, 'wedge', {frame: performance.now()});
    times.push(timings.durable - timings.frame);
  }
  return times;
}
"""


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation() as here:
        event = await here.event(SCANS)
        fresh = await here.tokens(event, await here.tickets(event, SCANS * 9 // 10))
        texts = _texts(fresh)
        async with server(here), phone_window(here.folder / "profile") as window:
            page = window.pages[0]
            await pair(here, event, page)
            times: list[float] = []
            for start in range(0, len(texts), AT_ONCE):
                times += await call(page, DECIDE, texts[start : start + AT_ONCE])
            await call(page, "(app) => app.door.syncNow()")
            told: dict[str, Any] = await call(page, "(app) => app.door.status")
    assert told["pending"] == 0, told
    early, late = times[WARM : WARM + LOOKED_AT], times[-LOOKED_AT:]
    first, last = share(early, 0.5), share(late, 0.5)
    return {
        "verdict at the start of a night, median": Figure(first, "ms"),
        "verdict at the start of a night, p95": Figure(share(early, 0.95), "ms"),
        "verdict after 20,000 scans, median": Figure(last, "ms"),
        "verdict after 20,000 scans, p95": Figure(share(late, 0.95), "ms"),
        "verdict after 20,000 scans over the start": Figure(last / first, "times", "<= 1.25"),
    }


def _texts(fresh: list[str]) -> list[str]:
    """Nine fresh tickets, then one that was let in before, and so on."""
    rng = random.Random(7)
    texts = []
    for place, token in enumerate(fresh, 1):
        texts.append(token)
        if place % 9 == 0:
            texts.append(fresh[rng.randrange(place)])
    return texts
