"""Cold start of the door app with no server: 50,000 tickets, 45,000 of them admitted.

A phone in Chromium pairs, downloads the list with all admissions in it and begins its shift. Then
the server process is stopped and the browser closed. For every start a fresh browser process opens
the phone's address; nothing answers there, so page, modules and list come from the disk. Ready is
when the scan screen has been painted over a list that can decide, counted from the start of the
navigation (the browser's own start is not in it). The middle of seven starts, and the slowest.
Then seven with the page's main thread slowed down four times. After every start one admitted
ticket is decided, the first work with all those facts: that time stands apart. The list lies on
the disk encrypted; then it is written as builds before R51 wrote it, and the starts are made again.
"""

import contextlib
from pathlib import Path
from statistics import median
from typing import Any

import httpx2
from bench.chromium import call, pair, phone_window, throttle
from bench.figure import Figure
from bench.full_house import admit
from bench.installation import Installation, installation, server

TICKETS = 50_000
ADMITTED = 45_000
STARTS = 7
PACES = ((1, "", "< 1"), (4, ", page 4x slower", "<= 2"))

READY = """
(() => {
  const seen = new MutationObserver(() => {
    if (!document.querySelector('.door-view')) return;
    seen.disconnect();
    requestAnimationFrame(() => setTimeout(() => { window.readyAt = performance.now(); }));
  });
  seen.observe(document, {childList: true, subtree: true});
})();
"""
DECIDE = """
async (app, text) => {
  const {ready, tickets} = app.door.status;
  const started = performance.now();
  const light = await app.door.scanText(text, 'wedge');
  return {ready, tickets, verdict: light.verdict, took: performance.now() - started,
    readyAt: window.readyAt};
}
"""


PLAIN = """
async (app) => {
  const {tickets} = app.door;
  const {device, lists, cursor} = tickets;
  const disk = await import('./src/data/list-disk.js');
  const found = await disk.readDisk(lists, device);
  const {payload, deltas, mark} = await disk.openContent(found, tickets.held.key);
  await disk.wipeDisk(lists, device);
  const tx = await lists.begin(['bases', 'deltas', 'cursors'], 'readwrite');
  const written = new Promise((done) => { tx.oncomplete = done; });
  tx.objectStore('bases').put({device, payload});
  for (const {seq, text} of deltas) tx.objectStore('deltas').put({device, seq, text});
  tx.objectStore('cursors').put({device, cursor, currentAt: mark.currentAt});
  await written;
}
"""


async def measure() -> dict[str, Figure]:
    """Measure."""
    async with installation() as here:
        event = await here.event(TICKETS)
        await admit(here, event, ADMITTED)
        (token,) = await here.tokens(event, await here.tickets(event, 1))
        profile = here.folder / "profile"
        async with server(here), phone_window(profile) as window:
            address = await pair(here, event, window.pages[0])
            await call(window.pages[0], "async (app) => { await app.door.syncNow() }")
        await _assert_nothing_answers(here)
        found: dict[str, Figure] = {}
        for times, words, goal in PACES:
            starts = [await _start(profile, address, token, times) for _ in range(STARTS)]
            ready = [start["readyAt"] / 1_000 for start in starts]
            first = [start["took"] for start in starts]
            name = f"cold offline start, 50,000 tickets{words}"
            found[f"{name}, median"] = Figure(median(ready), "s", goal)
            found[f"{name}, slowest"] = Figure(max(ready), "s", goal)
            found[f"{name}, first decision after it, median"] = Figure(median(first), "ms")
        async with phone_window(profile) as window:
            page = await window.new_page()
            await page.goto(address)
            await call(page, PLAIN)
        for times, words, _goal in PACES:
            starts = [await _start(profile, address, token, times) for _ in range(STARTS)]
            plain = median(start["readyAt"] / 1_000 for start in starts)
            name = f"cold offline start, 50,000 tickets{words}"
            cost = found[f"{name}, median"].value / plain
            found[f"{name}, list not encrypted, median"] = Figure(plain, "s")
            found[f"{name}, encrypted over plain"] = Figure(cost, "times", "<= 1.2")
    return found


async def _start(profile: Path, address: str, token: str, times: int) -> dict[str, Any]:
    async with phone_window(profile) as window:
        await window.add_init_script(READY)
        page = await window.new_page()
        await throttle(page, times)
        await page.goto(address)
        await page.wait_for_function("() => window.readyAt > 0")
        start: dict[str, Any] = await call(page, DECIDE, token)
    assert start["ready"], start
    assert start["tickets"] == TICKETS, start
    assert start["verdict"] == "already_used", start
    return start


async def _assert_nothing_answers(here: Installation) -> None:
    async with httpx2.AsyncClient(base_url=here.address) as http:
        with contextlib.suppress(httpx2.ConnectError):
            await http.get("/api/tickets/checkin/time")
            raise AssertionError("the server still answers")
