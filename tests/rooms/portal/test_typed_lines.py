"""What is typed in several lines: browsers end lines with "\\r\\n", kept is "\\n"."""

import re
from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk, Show
from tests.rooms.portal.test_events import FORM, NEW, dated, stored

from handstamp.auth.find_profile import profile_of
from handstamp.clubs.models import Club
from handstamp.events.models import EventReview
from handstamp.notices.models import Notice, Shortfall
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

SENT = "The band is back.\r\n\r\nBring a friend.\rDoors at 8."
KEPT = "The band is back.\n\nBring a friend.\nDoors at 8."
PROSE = ("summary", "description", "refund_policy")


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with sales and clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


async def only(services: Services, model: Any) -> Any:
    async with services.db.read() as session:
        return (await session.scalars(select(model))).one()


def hidden(desk: Desk, name: str) -> str:
    found = re.search(rf'name="{name}" value="([^"]+)"', desk.html)
    assert found, desk.text
    return found[1].replace("&#39;", "'")


async def test_an_event_is_made_and_saved_with_lines(
    desk: Desk, show: Show, services: Services
) -> None:
    for page, title in ((NEW, "New with lines"), (f"{show.base}/edit", "Changed to lines")):
        form = {**FORM, **dated(show.event), "title": title, **dict.fromkeys(PROSE, SENT)}
        await desk.post(page, form, on=page)
        assert desk.status == 200, desk.text
        event = await stored(services, title)
        assert [getattr(event, name) for name in PROSE] == [KEPT] * 3


@pytest.mark.parametrize("field", PROSE)
async def test_other_control_characters_are_still_refused(
    desk: Desk, show: Show, field: str
) -> None:
    page = f"{show.base}/edit"
    await desk.post(page, {**FORM, **dated(show.event), field: "A bell:\r\n\x07"}, on=page)
    assert desk.status == 422
    assert "Must not contain control characters." in desk.text


async def test_settings_keep_lines(desk: Desk, show: Show, services: Services) -> None:
    page = f"/tickets/organizer/settings/{show.organizer.id}"
    form = {"language": "en", "legal_address": SENT, "refund_policy": SENT}
    await desk.post(page, form, on=page)
    async with services.db.read() as session:
        found = await profile_of(session, show.organizer.id)
    assert (found.legal_address, found.refund_policy) == (KEPT, KEPT)


async def test_a_club_keeps_lines(desk: Desk, services: Services) -> None:
    await desk.get("/tickets/organizer/clubs")
    page = f"{desk.path}/new"
    form = {
        "name": "Night owls", "about": SENT, "time_zone": "UTC", "per_week": "1",
        "charge_weekday": "1", "charge_at": "19:00", "charge_start": "manual",
    }  # fmt: skip
    await desk.post(page, form, on=page)
    club = await only(services, Club)
    assert club.about == KEPT
    page = f"/tickets/organizer/club/{club.id}/edit"
    await desk.post(page, {**form, "about": f"Again:\r\n{SENT}"}, on=page)
    assert (await only(services, Club)).about == f"Again:\n{KEPT}"


async def test_words_to_holders_keep_lines(desk: Desk, show: Show, services: Services) -> None:
    page = f"{show.base}/message"
    form = {"subject": "News", "body": SENT}
    await desk.post(page, form, on=page)
    seen = {name: hidden(desk, name) for name in ("seen", "seen_text")}
    await desk.post(page, {**form, **seen})
    assert "people are written to." in desk.text
    assert (await only(services, Notice)).body == KEPT


async def test_words_about_a_new_date_keep_lines(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/postpone"
    form = {"start_at": "2099-05-01T19:00", "message": SENT}
    await desk.post(page, form, on=page)
    await desk.post(page, {**form, "seen": hidden(desk, "seen")})
    assert "The event has its new date." in desk.text
    assert (await only(services, Notice)).body == KEPT


async def test_words_about_the_end_keep_lines(desk: Desk, show: Show, services: Services) -> None:
    page = f"{show.base}/cancel"
    await desk.post(page, {"typed": show.event.title, "message": SENT}, on=page)
    assert (await only(services, Notice)).body == KEPT


async def test_words_about_less_room_keep_lines(desk: Desk, show: Show, services: Services) -> None:
    page = f"{show.base}/capacity"
    form = {"capacity": "1", "message": SENT}
    await desk.post(f"{page}/real", form, on=page)
    await desk.post(f"{page}/real", {**form, "seen": hidden(desk, "seen"), "do": "declare"})
    assert (await only(services, Shortfall)).message == KEPT


async def test_an_administrators_reason_keeps_lines(
    desk: Desk, show: Show, services: Services
) -> None:
    root = Desk(desk.http, await make_person(services, "root@example.org", is_admin=True))
    page = f"/tickets/admin/reviews/{show.event.id}"
    await root.post(f"{page}/hide", {"reason": SENT}, on=page)
    assert (await only(services, EventReview)).reason == KEPT
