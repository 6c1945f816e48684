"""The door on pages: pairing, keys, the board, conflicts with both sides, the scan log."""

import re

import pytest
from sqlalchemy import update
from tests.factories.checkin import API, Phone, pair_phone
from tests.factories.movements import undo_last
from tests.rooms.portal.conftest import Desk, Show

from handstamp.checkin.wire import OVERRIDE, SEARCH
from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.kit.ids import device_hex
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio


async def paired(desk: Desk, show: Show, services: Services, name: str) -> Phone:
    return await pair_phone(desk.http, services, show.event, name, gate=f"Gate of {name}")


async def test_a_pairing_code_is_shown_once_and_noticed_when_used(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    page = f"{show.base}/devices/pair"
    await desk.post(page, {"name": "", "role": "steward"}, on=page)
    assert "Give the phone a name." in desk.text
    form = {"name": "North gate", "gate": "North", "role": "steward", "list": ["1"]}
    await desk.post(page, form)
    code = re.search(r'data-code="([0-9A-Z]{4}-[0-9A-Z]{4})"', desk.html)
    token = re.search(r'data-token="([^"]+)"', desk.html)
    assert code
    assert token
    assert f"/tickets/checkin/?pair={code[1].replace('-', '')}" in desk.html
    assert desk.person
    asked = {"code": code[1], "csrf_token": token[1]}
    state = f"{show.base}/devices/pairing"
    answer = await desk.http.post(state, data=asked, headers=desk.person.headers)
    assert answer.json() == {"paired": False, "name": ""}
    phone = Phone(desk.http, clock)
    await phone.pair(code[1])
    answer = await desk.http.post(state, data=asked, headers=desk.person.headers)
    assert answer.json() == {"paired": True, "name": "North gate"}
    assert "North gate" in (await desk.get(f"{show.base}/devices")).text


async def test_a_revoked_phone_is_marked(desk: Desk, show: Show, services: Services) -> None:
    phone = await paired(desk, show, services, "Lost phone")
    page = f"{show.base}/devices"
    await desk.post(f"{page}/{device_hex(phone.device)}/revoke", {}, on=page)
    assert "Revoked" in desk.text
    assert (await desk.post(f"{page}/not-hex/revoke", {})).status == 404


async def test_a_phone_that_is_shown_many_forged_codes_is_named(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    phone = await paired(desk, show, services, "Back door")
    other = await paired(desk, show, services, "Front door")
    for number in range(12):
        phone.scan(f"{show.tokens[0][:-8]}{number:08d}")
    other.scan("nonsense")
    await phone.sync()
    await other.sync()
    await desk.get(f"{show.base}/devices")
    assert desk.text.count("12 forged codes in an hour") == 1
    assert desk.person
    asked = f"/api/tickets/events/{show.event.id}/devices"
    told = (await desk.http.get(asked, headers=desk.person.headers)).json()["devices"]
    counts = {one["name"]: one["forged_last_hour"] for one in told}
    assert counts == {"Back door": 12, "Front door": 0}
    clock.advance(61 * MINUTE)
    assert "forged codes" not in (await desk.get(f"{show.base}/devices")).text
    assert phone.scan(show.tokens[1]).admit, "nothing stops it from scanning"


async def test_a_scanner_key_is_shown_once_and_works(desk: Desk, show: Show) -> None:
    page = f"{show.base}/keys"
    await desk.post(page, {"name": "Turnstile", "gate": "West"}, on=page)
    key = re.search(r"hs_scan_[\w-]+", desk.text)
    assert key
    answer = await desk.http.post(
        "/api/tickets/validate",
        json={"token": show.tokens[0], "list": 1},
        headers={"Authorization": f"Bearer {key[0]}"},
    )
    assert answer.status_code == 200, answer.text
    await desk.get(page)
    assert key[0] not in desk.html
    assert "Turnstile" in desk.text


async def test_the_board_counts_what_the_phones_reported(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    phone = await paired(desk, show, services, "Door 1")
    for token in (show.tokens[0], show.tokens[1], show.tokens[1], "nonsense"):
        phone.scan(token)
    await phone.sync()
    await desk.get(f"{show.base}/door")
    assert "Admitted 2 / 6" in desk.text
    assert "Already used 1 / 2" in desk.text
    assert "Not a ticket 1 / 2" in desk.text
    assert "In touch" in desk.text
    clock.advance(5 * MINUTE)
    part = await desk.get(f"{show.base}/door/live")
    assert "Not heard" in part.text
    assert "<html" not in part.html


async def test_the_board_names_the_ticket_that_a_phone_keeps_for_itself(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    async with services.db.write() as session:
        await session.execute(update(Event).values(strict_budget_ms=400))
    phone = await paired(desk, show, services, "North")
    for serial in (ticket.serial for ticket in show.tickets[:2]):
        body = {"list": 1, "serial": serial, "epoch": 1, "id": f"{serial:016d}", "gate": "Rear"}
        assert (await desk.http.post(f"{API}/claim", json=body, headers=phone.headers)).is_success
    phone.append(serial=show.tickets[1].serial)
    await phone.sync()
    assert "Kept by a phone" not in (await desk.get(f"{show.base}/door")).text
    clock.advance(2 * MINUTE)
    await desk.get(f"{show.base}/door")
    assert "1 ticket is being let in by a phone that has not said what became of it" in desk.text
    assert f"{show.tickets[0].printed_id} Main door North Rear" in desk.text
    assert "(2 min ago)" in desk.text
    assert desk.person
    asked = f"/api/tickets/events/{show.event.id}/board"
    kept = (await desk.http.get(asked, headers=desk.person.headers)).json()["kept"]
    assert kept["count"] == 1
    assert kept["oldest"][0]["device"] == device_hex(phone.device)
    await desk.post(f"{show.base}/devices/{device_hex(phone.device)}/revoke", {})
    assert "Kept by a phone" not in (await desk.get(f"{show.base}/door")).text


async def test_what_people_do_by_hand_is_counted_for_each(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    """R71."""
    page = f"{show.base}/scans/by-hand"
    assert "Nothing was done by hand" in (await desk.get(page)).text
    north, south = [await paired(desk, show, services, name) for name in ("North", "South")]
    north.scan(show.tokens[0])
    north.append(serial=show.tickets[1].serial, how=SEARCH, operator="Kim")
    undo_last(north, show.tickets[1].serial)
    south.append(serial=show.tickets[2].serial, how=SEARCH, operator="Kim")
    south.append(serial=show.tickets[2].serial, kind=OVERRIDE, how=SEARCH, operator="<b>Lee")
    for phone, searches in (
        (north, [["Kim", 41], ["", 2], ["Kim", True], ["x"], 7, ["Lee", -1], ["Lee", 1e9]]),
        (south, "many"),
    ):
        clock.advance(MINUTE)
        body = phone.request([phone.log_from(1, 9)]) | {"status": {"searches": searches}}
        assert (await phone.post(body)).status_code == 200
    await desk.get(page)
    assert "Kim North, South 2 0 0 41" in desk.text
    assert "&lt;b&gt;Lee" in desk.html
    assert "No name given North 0 0 1 2" in desk.text
    assert desk.person
    asked = f"/api/tickets/events/{show.event.id}/scans/by-hand"
    people = (await desk.http.get(asked, headers=desk.person.headers)).json()["people"]
    assert [(one["operator"], one["admitted"], one["searches"]) for one in people] == [
        ("Kim", 2, 41), ("", 0, 2), ("<b>Lee", 0, 0),
    ]  # fmt: skip


async def test_a_conflict_names_both_sides_until_somebody_has_looked(
    desk: Desk, show: Show, services: Services, clock: FakeClock
) -> None:
    north, south = [await paired(desk, show, services, name) for name in ("North", "South")]
    for phone in (north, south):
        decision = phone.scan(show.tokens[0])
        assert decision.admit
        phone.log.pop()
        phone.append(
            serial=show.tickets[0].serial,
            digest=show.tickets[0].token_digest,
            gate="Gate 1" if phone is north else "Gate 2",
            operator="Kim" if phone is north else "Lee",
        )
        clock.advance(MINUTE)
    await south.sync()
    await north.sync()
    await desk.get(f"{show.base}/conflicts")
    for said in ("Let in twice", "North", "South", "Gate 1", "Gate 2", "Kim", "Lee"):
        assert said in desk.text
    assert desk.text.count("Green: Valid") == 2
    assert desk.text.count("First, by the best evidence") == 1
    assert desk.text.index("North First") < desk.text.index("South Also green")
    assert show.tickets[0].printed_id in desk.text
    sent = {"serial": str(show.tickets[0].serial), "list": "1"}
    await desk.post(f"{show.base}/conflicts/looked-at", sent)
    assert "Nothing left to look at" in desk.text
    await desk.get(f"{show.base}/conflicts?show=all&q=south")
    assert "Looked at" in desk.text
    assert "Let in twice" in desk.text
    await desk.get(f"{show.base}/conflicts?show=all&kind=superseded")
    assert "Nothing found" in desk.text


async def test_the_scan_log_is_filtered(desk: Desk, show: Show, services: Services) -> None:
    phone = await paired(desk, show, services, "Door 1")
    for token in (show.tokens[0], show.tokens[0], show.tokens[1]):
        phone.scan(token)
    await phone.sync()
    ids = [ticket.printed_id for ticket in show.tickets]
    await desk.get(f"{show.base}/scans?verdict=already_used")
    assert ids[0] in desk.text
    assert ids[1] not in desk.text
    await desk.get(f"{show.base}/scans?q={ids[1]}")
    assert ids[1] in desk.text
    assert ids[0] not in desk.text
    await desk.get(f"{show.base}/scans?device={device_hex(phone.device)}&list=1")
    assert ids[0] in desk.text
    await desk.get(f"{show.base}/scans?q=nonsense")
    assert "No decision fits these filters." in desk.text


async def test_a_guest_shows_where_they_came_in(desk: Desk, show: Show, services: Services) -> None:
    phone = await paired(desk, show, services, "Door 1")
    phone.scan(show.tokens[0])
    await phone.sync()
    await desk.get(f"{show.base}/guests/{show.tickets[0].id}")
    assert "Door 1" in desk.text
    assert "Main door" in desk.text


async def test_new_pairings_wait_while_scanning_is_off(
    desk: Desk, show: Show, services: Services
) -> None:
    page = f"{show.base}/devices/pair"
    await desk.get(page)
    off = services.settings.model_copy(update={"enable_scanning": False})
    services.settings = off
    await desk.post(page, {"name": "North", "role": "steward"})
    assert desk.status == 503
    assert "Scanning is switched off" in desk.text
