"""The boards of the door in Chromium: clean, calm without a network, right to left, on paper."""

import itertools
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from playwright.sync_api import expect
from tests.e2e.portal_world import Office, evening, new_office
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.checkin import Phone, make_code

from handstamp.checkin.drill_board import CHECKS
from handstamp.checkin.models import Claim
from handstamp.kit.clock import MINUTE, system_clock
from handstamp.plumbing.web import Services

__all__ = ["evening", "new_office"]

BOARDS = ("/door", "/door/drill", "/door/screen", "/scans/by-hand")
FROM_THE_RIGHT = (*BOARDS, "/devices", "/guests", "/lists/1", "/scans", "/conflicts")
EPOCHS = itertools.count(90)  # a claim of its own for each phone
MONITOR = {"width": 1920, "height": 1080}

MIRRORED = """() => [...document.querySelectorAll('main')].flatMap((main) => {
  const texts = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  const found = [];
  const left = (node, at) => {
    const range = document.createRange();
    range.setStart(node, at);
    range.setEnd(node, at + 1);
    return range.getBoundingClientRect();
  };
  while (texts.nextNode()) {
    for (const digits of texts.currentNode.data.matchAll(/\\d{2,}/g)) {
      const first = left(texts.currentNode, digits.index);
      const last = left(texts.currentNode, digits.index + digits[0].length - 1);
      if (first.top === last.top && first.left > last.left) found.push(texts.currentNode.data);
    }
  }
  return found;
})"""

LOCKS = """
  window.locks = 0;
  const request = async () => { window.locks += 1; return {release: async () => undefined}; };
  Object.defineProperty(navigator, 'wakeLock', {value: {request}});
"""


def drill(office: Office, name: str, *reds: str) -> None:
    """Pair a phone that has made its drill, was searched with, and keeps a ticket to itself."""
    world = office.world

    async def act(services: Services) -> None:
        async with httpx2.AsyncClient(base_url=world.address, timeout=60) as http:
            async with services.db.write() as session:
                code = await make_code(session, services, world.event, name, gate="North")
            phone = Phone(http, system_clock)  # type: ignore[arg-type]
            await phone.pair(code)
            await phone.download()
            checks = [{"id": one, "ok": one not in reds, "value": "12"} for one in CHECKS]
            body: dict[str, Any] = phone.request([])
            body["status"]["drill"] = {"at": system_clock(), "checks": checks}
            body["status"]["searches"] = [["Kim", 41], ["زينب الأندلسي", 7]]
            assert (await phone.post(body)).status_code == 200
            async with services.db.write() as session:
                place = {"list_no": 1, "serial": max(phone.copy.tickets), "epoch": next(EPOCHS)}
                long_ago = system_clock() - 5 * MINUTE
                of = {"event_id": world.event.id, "device_id": phone.device}
                session.add(Claim(**of, **place, asks="a" * 16, granted_at=long_ago))

    world.work(act)


@pytest.mark.parametrize("size", [PHONE, DESKTOP, MONITOR], ids=["phone", "desktop", "monitor"])
def test_the_boards_are_clean_at_every_size(
    new_office: Callable[[], Office], size: dict[str, int]
) -> None:
    office = new_office()
    drill(office, f"Phone {size['width']}", "battery", "camera")
    office.page.set_viewport_size(size)  # type: ignore[arg-type]
    found = {}
    for tail in BOARDS:
        page = office.open(office.base + tail)
        for table in page.locator("details:not([open]) > summary").all():
            table.click()
        if faults := office.faults():
            found[tail] = faults
    assert found == {}
    expect(office.open(f"{office.base}/door").get_by_text("Kept by a phone").first).to_be_visible()
    expect(office.open(f"{office.base}/scans/by-hand").get_by_text("Kim")).to_be_visible()
    expect(
        office.open(f"{office.base}/door/drill").get_by_text("bring a power bank").first
    ).to_be_visible()


def test_the_big_screen_stays_awake_and_calm_when_the_network_goes(
    new_office: Callable[[], Office],
) -> None:
    office = new_office()
    page = office.page
    page.add_init_script(LOCKS)
    office.open(f"{office.base}/door/screen")
    assert page.evaluate("window.locks") == 1
    page.evaluate("window.stayed = true")
    admitted = page.locator(".huge .first dd")
    figure = admitted.inner_text()
    page.context.set_offline(True)
    expect(page.locator("[data-live-lost]")).to_be_visible()
    assert admitted.inner_text() == figure
    page.context.set_offline(False)
    expect(page.locator("[data-live-lost]")).to_be_hidden()
    assert page.evaluate("window.stayed")


def test_an_opened_table_stays_open_while_the_board_follows(
    new_office: Callable[[], Office],
) -> None:
    page = new_office().page
    office = Office(page, new_office().world)
    office.open(f"{office.base}/door")
    page.locator("#minutes > summary").click()
    first = page.locator("[data-live] .board-grid").element_handle()
    page.wait_for_function("(node) => !node.isConnected", arg=first)
    expect(page.locator("#minutes table")).to_be_visible()


def test_a_drill_on_paper_is_the_table_alone(new_office: Callable[[], Office]) -> None:
    office = new_office()
    drill(office, "On paper", "clock")
    page = office.open(f"{office.base}/door/drill")
    page.emulate_media(media="print")
    expect(page.locator(".drill")).to_be_visible()
    for hidden in (".top", ".side", ".actions"):
        expect(page.locator(hidden).first).to_be_hidden()


def test_pages_read_from_right_to_left(new_office: Callable[..., Office]) -> None:
    office = new_office(locale="qpr")
    drill(office, "From the right", "clock")
    page = office.page
    found = {}
    for size in (PHONE, DESKTOP):
        page.set_viewport_size(size)
        for tail in FROM_THE_RIGHT:
            office.open(office.base + tail)
            assert page.evaluate("getComputedStyle(document.body).direction") == "rtl"
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            mirrored = page.evaluate(MIRRORED)
            if wide > 0 or mirrored:
                found[tail, size["width"]] = (wide, mirrored)
    assert found == {}
