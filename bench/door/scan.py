"""From a code before the camera to the verdict on the screen, in Chromium with its fake camera.

Chromium's fake camera device plays a clip (1280 × 720, 30 frames a second): forty tickets one after
the other, half a second each, a bare wall in between. The server runs, the event has 5,000 tickets
and every scan is synced while the next one comes. The time of a scan starts with the first frame
that shows the code being delivered to the page: a second frame callback on the same video copies
32 × 32 pixels from the middle of each frame and sees the code appear. It ends when the banner has
been painted, as the app itself marks it. Decision (`decided` - `decoded`: signature, fold, verdict)
and durable write (`durable` - `decided`: the fact in IndexedDB, strict) come from the light's own
marks, decoding from `decoded` - `frame`. Then once more, other tickets, the page's main thread
slowed down four times; the decoder's worker and the camera are not slowed by that.
"""

import asyncio
import time
from pathlib import Path
from typing import Any

from bench.chromium import FRAMES_A_SECOND, call, pair, phone_window, throttle, write_clip
from bench.figure import Figure, share
from bench.installation import Installation, installation, server

from handstamp.events.models import Event

TICKETS = 5_000
SCANS = 40
SHOWN = BETWEEN = FRAMES_A_SECOND // 2
LEAD = 5 * FRAMES_A_SECOND
PACES = ((1, "", "<= 60"), (4, ", page 4x slower", "<= 250"))

WATCH = """
(app) => {
  const video = document.querySelector('.scan-video');
  const middle = {x: 624, y: 344, width: 32, height: 32};
  const pixels = new Uint8Array(32 * 32 * 4);
  window.seen = [];
  let first = 0;
  app.door.addEventListener('light', ({detail}) => window.seen.push({light: detail, first}));
  let showing = false;
  const each = async () => {
    const now = performance.now();
    video.requestVideoFrameCallback(each);
    const frame = new VideoFrame(video);
    try {
      await frame.copyTo(pixels, {rect: middle});
    } finally {
      frame.close();
    }
    const shades = pixels.subarray(0, 32 * 32);
    const coded = Math.max(...shades) - Math.min(...shades) > 110;
    if (coded && !showing) first = now;
    showing = coded;
  };
  video.requestVideoFrameCallback(each);
}
"""
RESULT = """
() => window.seen.filter(({light}) => light.timings.painted > 0)
  .map(({light, first}) => ({verdict: light.verdict, first, ...light.timings}))
"""


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    async with installation() as here:
        event = await here.event(TICKETS)
        tokens = await here.tokens(event, await here.tickets(event, len(PACES) * SCANS))
        async with server(here):
            for times, words, goal in PACES:
                mine, tokens = tokens[:SCANS], tokens[SCANS:]
                clip = here.folder / f"clip{times}.mjpeg"
                write_clip(clip, mine, shown=SHOWN, between=BETWEEN, lead=LEAD)
                scans = await _scans(here, event, clip, times)
                found |= _figures(scans, words, goal)
    return found


async def _scans(here: Installation, event: Event, clip: Path, times: int) -> list[dict[str, Any]]:
    camera = [
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
        f"--use-file-for-fake-video-capture={clip}",
    ]
    async with phone_window(here.folder / f"profile{times}", *camera) as window:
        page = window.pages[0]
        await pair(here, event, page)
        await throttle(page, times)
        await call(page, WATCH)
        end = time.monotonic() + 60 + (SCANS * (SHOWN + BETWEEN) + LEAD) / FRAMES_A_SECOND
        scans: list[dict[str, Any]] = []
        while len(scans) < SCANS and time.monotonic() < end:
            await asyncio.sleep(1)
            scans = [scan for scan in await page.evaluate(RESULT) if scan["verdict"] == "valid"]
    assert len(scans) >= SCANS * 0.95, f"only {len(scans)} of {SCANS} codes became a verdict"
    assert all(0 < scan["first"] <= scan["decoded"] for scan in scans), scans
    return scans


def _figures(scans: list[dict[str, Any]], words: str, goal: str) -> dict[str, Figure]:
    def spans(start: str, end: str) -> list[float]:
        return [scan[end] - scan[start] for scan in scans]

    whole = spans("first", "painted")
    parts = {
        "decoding": spans("frame", "decoded"),
        "decision": spans("decoded", "decided"),
        "durable write": spans("decided", "durable"),
        "light to paint": spans("durable", "painted"),
    }
    found = {
        f"scan, first frame to verdict{words}, p50": Figure(share(whole, 0.5), "ms"),
        f"scan, first frame to verdict{words}, p95": Figure(share(whole, 0.95), "ms", goal),
    }
    for name, times in parts.items():
        found[f"scan, {name}{words}, p95"] = Figure(share(times, 0.95), "ms")
    return found
