"""Pages about how the door decides: supervisor's PIN, strict mode, prompts, notes."""

import base64
import hashlib
import json

import pytest
from tests.factories.checkin import pair_phone
from tests.rooms.portal.conftest import Desk, Show

from handstamp.audit.find_entries import entries_of
from handstamp.checkin.list_changes import event_entry, ticket_rows, tier_entries
from handstamp.checkin.list_rows import Personal
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR, FakeClock
from handstamp.kit.ids import device_hex
from handstamp.plumbing.local_time import to_local
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def told(services: Services, show: Show) -> dict[str, object]:
    """Return what phones are told of the event."""
    async with services.db.read() as session:
        return await event_entry(session, await session.get_one(Event, show.event.id))


async def test_a_pin_is_set_told_and_taken_away(desk: Desk, show: Show, services: Services) -> None:
    page = f"{show.base}/door/settings"
    await desk.post(f"{show.base}/door/pin", {"pin": "19840715", "again": "19840715"}, on=page)
    assert "The PIN is set." in desk.text
    assert "19840715" not in desk.html
    kept = (await told(services, show))["supervisor"]
    assert isinstance(kept, dict)
    assert kept["rounds"] >= 600_000
    salt = base64.b64decode(kept["salt"])
    hashed = hashlib.pbkdf2_hmac("sha256", b"19840715", salt, kept["rounds"])
    assert kept["hash"] == base64.b64encode(hashed).decode()
    assert "19840715" not in json.dumps(kept)
    await desk.post(f"{show.base}/door/pin/remove", {})
    assert "There is no PIN any more." in desk.text
    assert (await told(services, show))["supervisor"] is None
    async with services.db.read() as session:
        acts = await entries_of(session, target_type="event", target_id=show.event.id)
    done = [act.action for act in acts]
    assert {"event.supervisor_pin", "event.supervisor_pin_off"} <= set(done)


@pytest.mark.parametrize(
    ("pin", "again", "said"),
    [
        ("", "", "Write 4 to 8 digits."),
        ("471", "471", "A PIN has 4 to 8 digits."),
        ("47a1", "47a1", "A PIN has 4 to 8 digits."),
        ("\u0664\u0667\u0661\u0661", "\u0664\u0667\u0661\u0661", "A PIN has 4 to 8 digits."),
        ("1234", "1234", "guessed too easily"),
        ("4711", "4712", "The two do not match."),
    ],
)
async def test_what_is_wrong_with_a_pin_is_said(
    desk: Desk, show: Show, pin: str, again: str, said: str
) -> None:
    page = f"{show.base}/door/settings"
    await desk.post(f"{show.base}/door/pin", {"pin": pin, "again": again}, on=page)
    assert desk.status == 422
    assert said in desk.text
    assert not pin or pin not in desk.html


async def test_strict_mode_is_switched_on_and_off(
    desk: Desk, show: Show, services: Services
) -> None:
    page, strict = f"{show.base}/door/settings", f"{show.base}/door/strict"
    await desk.post(strict, {"strict": "y", "budget_ms": "250"}, on=page)
    assert "Strict mode is on." in desk.text
    assert (await told(services, show))["strict"] == {"budget_ms": 250}
    await desk.post(strict, {"strict": "y", "budget_ms": "99"})
    assert "Write a whole number from 100 to 5000." in desk.text
    await desk.post(strict, {"budget_ms": "250"})
    assert (await told(services, show))["strict"] is None


async def test_a_tier_gets_a_prompt(desk: Desk, show: Show, services: Services) -> None:
    await desk.get(f"{show.base}/tiers")
    page = next(
        part.split('"')[0]
        for part in desk.html.split('href="')
        if part.startswith(f"{show.base}/tiers/") and "/new" not in part.split('"')[0]
    )
    form = {"name": "General", "price": "0", "prompt_kinds": "age", "prompt_text": "18 and over"}
    await desk.post(page, form, on=page)
    async with services.db.read() as session:
        tiers = await tier_entries(session, show.event.id)
    prompted = [tier["prompt"] for tier in tiers if "prompt" in tier]
    assert prompted == [{"kinds": ["age"], "text": "18 and over"}]
    await desk.post(page, form | {"prompt_kinds": "shoes"}, on=page)
    assert desk.status == 422


async def test_a_note_is_written_told_and_withheld(
    desk: Desk, show: Show, services: Services
) -> None:
    ticket = show.tickets[0]
    page = f"{show.base}/guests/{ticket.id}"
    await desk.post(f"{page}/note", {"note": " wheelchair: side entrance "}, on=page)
    assert "Phones show it from their next contact." in desk.text
    assert "Note for the door written" in desk.text
    async with services.db.read() as session:
        for fields, note in (("name,note", "wheelchair: side entrance"), ("name", "")):
            rows = await ticket_rows(session, show.event.id, Personal.of(fields))
            assert {row.note for row in rows if row.serial == ticket.serial} == {note}
    await desk.post(f"{page}/note", {"note": "x" * 201})
    assert desk.status == 422
    assert "A note is one line of 200 letters at most." in desk.text
    await desk.post(f"{page}/note", {"note": ""}, on=page)
    assert "Note removed." in desk.text


async def test_a_phones_scans_are_made_void_after_a_look(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    phone = await pair_phone(desk.http, services, show.event, "Lost phone")
    phone.scan(show.tokens[0])
    clock.advance(HOUR)
    began = clock()
    phone.scan(show.tokens[1])
    await phone.sync()
    page = f"{show.base}/devices/{device_hex(phone.device)}/void"
    assert page in (await desk.get(f"{show.base}/devices")).html
    await desk.post(page, {"since": "", "reason": ""}, on=page)
    assert desk.status == 422
    assert "Say from when on." in desk.text
    form = {"since": to_local(began, show.event.time_zone), "reason": "stolen"}
    await desk.post(page, form)
    assert "1 scan becomes void" in desk.text
    assert "1 guest then counts as not let in." in desk.text
    assert "void from scan" not in (await desk.get(f"{show.base}/devices")).text
    await desk.post(page, form | {"number": "1"}, on=page)
    assert "1 scan becomes void" in desk.text
    await desk.post(page, form | {"number": "2"})
    assert "Void from scan 2 on." in desk.text
    assert "void from scan 2 on" in desk.text
    await desk.post(page, form | {"number": "2"}, on=page)
    assert "These scans are void already." in desk.text
    assert (await desk.get(page.replace(device_hex(phone.device), "nothex"))).status == 404
