"""The drill board and the big screen: what to do about each red, and figures that name nobody."""

from typing import Any

import httpx2
import pytest
from tests.factories.checkin import pair_phone
from tests.rooms.portal.conftest import Desk, Show

from handstamp.checkin.drill_board import CHECKS, DrillCheck
from handstamp.kit.clock import FakeClock
from handstamp.plumbing.web import Services
from handstamp.portal import drill_words

pytestmark = pytest.mark.anyio

VALUES = {
    "list_age": "7200",
    "clock": "-180000",
    "battery": "12",
    "outbox": "3",
    "camera": "blocked",
}


async def drilled(
    http: httpx2.AsyncClient,
    services: Services,
    show: Show,
    name: str,
    clock: FakeClock,
    *reds: str,
) -> None:
    phone = await pair_phone(http, services, show.event, name, gate="North <gate>")
    clock.advance(60_000)
    checks = [{"id": one, "ok": one not in reds, "value": VALUES.get(one, "")} for one in CHECKS]
    body = phone.request([])
    body["status"] |= {"operator": "Kim", "drill": {"at": clock(), "checks": checks}}
    assert (await phone.post(body)).status_code == 200


async def test_the_drill_says_what_to_do_about_each_red(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    page = f"{show.base}/door/drill"
    await desk.get(page)
    assert "No phone paired yet" in desk.text
    await drilled(desk.http, services, show, "Broken", clock, *CHECKS)
    await drilled(desk.http, services, show, "Fine", clock)
    await pair_phone(desk.http, services, show.event, "Silent")
    await desk.get(page)
    assert "1 of 3 phones are ready." in desk.text
    for said in (
        "Connect the phone and tap Sync now.",
        "Install the app on its home screen",
        "The camera is not allowed.",
        "would not start without signal",
        "take another phone",
        "automatic date and time",
        "bring a power bank",
        "Scans are still on the phone",
        "Tap Update",
        "within the hours before doors",
        "2 h",
        "3 min",
        "12 %",
        "No report.",
        "North <gate>",
        "Kim",
    ):
        assert said in desk.text, said
    assert desk.html.count('class="to-do"') == 1
    part = await desk.get(f"{page}/live")
    assert "<html" not in part.html
    assert "Broken" in part.text


def test_every_point_has_a_name_and_a_way_out() -> None:
    for point in CHECKS:
        assert drill_words.point_names()[point]
        assert drill_words.what_to_do(DrillCheck(point, ok=False, value=""))
        assert drill_words.found(DrillCheck(point, ok=False, value="1e999")) == ""


async def test_the_big_screen_counts_and_names_nobody(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/door/screen"
    await desk.get(page)
    assert "Nobody has been admitted yet." in desk.text
    phone = await pair_phone(desk.http, services, show.event, "Phone of Kim", gate="South")
    for token in (*show.tokens[:3], show.tokens[0]):
        phone.scan(token)
    body: dict[str, Any] = phone.request([phone.log_from(1)])
    body["status"]["operator"] = "Kim"
    assert (await phone.post(body)).status_code == 200
    await desk.get(page)
    assert "Admitted 3 of 6" in desk.text
    assert "South 3" in desk.text
    people = [ticket.holder_name for ticket in show.tickets] + ["Kim"]
    assert not [name for name in people if name and name in desk.text]
    assert 'data-theme="dark"' in desk.html
    part = await desk.get(f"{page}/live")
    assert "<html" not in part.html
    assert "Admitted 3 of 6" in part.text


async def test_a_list_warns_when_it_is_nearly_full_and_full(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/lists/1"
    form = {"name": "Main door", "tier-1": "on", "tier-2": "on", "entry": "reentry"}
    await desk.post(page, form | {"capacity": "5"}, on=page)
    phone = await pair_phone(desk.http, services, show.event, "Door 1")
    for token in show.tokens[:4]:
        phone.scan(token)
    await phone.sync()
    await desk.get(f"{show.base}/door")
    assert "Inside now 4 / 5" in desk.text
    assert "Main door is" not in desk.text
    await desk.post(page, form | {"capacity": "4"}, on=page)
    for tail in ("/door", "/door/screen"):
        await desk.get(show.base + tail)
        assert "Main door is full" in desk.text
    phone.list_no = 1
    await phone.sync()
    phone.append(kind=3, serial=show.tickets[0].serial, digest=show.tickets[0].token_digest)
    await phone.sync()
    await desk.post(page, form | {"capacity": "3"}, on=page)
    await desk.get(f"{show.base}/door")
    assert "Inside now 3 / 3" in desk.text
    assert "Admitted 4 / 6" in desk.text
