"""Phones whose clocks are absurd: their facts are kept, and every page still opens."""

from typing import Any

import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.routes import every_route, filled
from tests.abuse.world import World, dump
from tests.factories.checkin import pair_phone

from handstamp.kit.clock import MINUTE, FakeClock

pytestmark = pytest.mark.anyio

YEAR_9999 = 253_402_300_799_000
MOST = 2**53 - 1
CLOCKS = (0, 1, YEAR_9999, MOST)


@pytest.mark.parametrize("database_url", ["sqlite", "postgresql"], indirect=True)
async def test_every_page_opens_after_absurd_clocks(world: World, app: Starlette) -> None:
    of, event = world.services, world.ours.event
    for clock in CLOCKS:
        phone = await pair_phone(world.http, of, event, f"Clock {clock}")
        serial = world.ours.tickets[0].serial
        phone.append(claimed=clock, clock=clock, age=clock, serial=serial)
        phone.append(claimed=MOST - clock, clock=0, serial=serial, seen=((1, MOST, 1),))
        sent = phone.request([phone.log_from(1)])
        answer = await phone.post({**sent, "clock": clock})
        assert answer.status_code == 200
        assert answer.json()["acks"][0]["to"] == 2
    found = []
    for route in sorted(every_route(app)):
        method, path = route.split()
        if method == "GET" and not path.endswith("/snapshot"):
            answer = await world.send("GET", filled(path, world.ours.ids), "organizer")
            found += [f"{path}: {fault(answer)}"] if fault(answer) else []
    exports = filled("/tickets/organizer/events/{event_id}/exports", world.ours.ids)
    for form in ("csv", "xlsx"):
        scans = await world.submit(f"{exports}/scans", "organizer", {"format": form})
        guests = await world.submit(
            f"{exports}/guests", "organizer", {"format": form, "admitted": "on"}
        )
        found += [f"{form}: {fault(answer)}" for answer in (scans, guests) if fault(answer)]
    assert not found, "\n".join(found)
    snapshot = await world.send("GET", "/api/tickets/checkin/snapshot", "device")
    assert snapshot.status_code == 200


STATUSES = (
    b'{"pending": 1e999, "list_age_s": 1e999, "battery": -1e999, "list": 1e999}',
    b'{"pending": "x", "list_age_s": "x", "battery": "x", "list": "x", "persisted": "x"}',
    b'{"pending": [], "list_age_s": {}, "battery": [], "list": {}, "gate": [], "operator": {}}',
    b'{"pending": 9007199254740993, "list_age_s": 1e300, "battery": 1e300, "build": 5}',
    b'{"pending": -5, "list_age_s": -5, "battery": -5, "list": -5, "operator": "\\ud800"}',
    b'{"battery": 1.7e308, "list_age_s": 1.7e308, "drill": {"at": 1'
    + b"0" * 400
    + b', "checks": []}}',
    b'{"pending": null, "list_age_s": null, "battery": null, "list": null}',
    b'{"searches": {"Kim": 1}}',
    b'{"searches": [["\\ud800<b>", 3], ["Kim", 1.5], [["x"], 1], 7, [null, 1], ["Lee", 1'
    + b"0" * 400
    + b"]]}",
)


async def test_every_page_opens_whatever_a_phone_says_of_itself(
    world: World, clock: FakeClock
) -> None:
    event = world.ours.event.id
    for status in STATUSES:
        clock.advance(MINUTE)  # what comes sooner is not written down
        body = b'{"protocol": 1, "logs": [], "status": ' + status + b"}"
        answer = await world.send("POST", "/api/tickets/checkin/sync", "device", content=body)
        assert fault(answer) == "", status
        for path in ("", "/door", "/door/live", "/door/drill", "/devices", "/scans/by-hand"):
            page = await world.send("GET", f"/tickets/organizer/events/{event}{path}", "organizer")
            assert (page.status_code, fault(page)) == (200, ""), (status, path)
        for path in ("board", "devices", "scans/by-hand"):
            told = await world.send("GET", f"/api/tickets/events/{event}/{path}", "organizer")
            assert (told.status_code, fault(told)) == (200, ""), (status, path)


async def test_a_clock_that_is_none_is_refused(world: World) -> None:
    before = await dump(world.services)
    wrong: tuple[Any, ...] = (-1, -(2**53), 2**53, 10**30, 1.5, "1970", [], True)
    for claimed in wrong:
        answer = await world.ours.phone.post({"protocol": 1, "logs": [], "clock": claimed})
        assert (answer.status_code, fault(answer)) == (400, ""), claimed
        assert answer.json()["errors"][0]["field"] == "clock"
    assert await dump(world.services) == before


async def test_an_event_lies_in_years_that_people_plan(world: World) -> None:
    path = f"/api/tickets/events/{world.ours.event.id}"
    for moment in (-1, 0, 1, YEAR_9999, MOST, 2**53, 10**30):
        for name in ("start_at", "end_at"):
            answer = await world.send("PATCH", path, "organizer", json={name: moment})
            assert (answer.status_code, fault(answer)) == (400, ""), moment


@pytest.mark.parametrize("moment", [0, YEAR_9999, MOST])
async def test_windows_at_the_end_of_time_are_shown(world: World, moment: int) -> None:
    event = f"/api/tickets/events/{world.ours.event.id}"
    rules = {"name": "Main door", "tiers": [{"tier": 1, "from": moment}]}
    tier = {"sales_start_at": moment, "sales_end_at": moment}
    for method, path, body in (
        ("PUT", f"{event}/lists/1", rules),
        ("PATCH", f"{event}/tiers/{world.ours.ids['tier_id']}", tier),
    ):
        answer = await world.send(method, path, "organizer", json=body)
        assert fault(answer) == ""
    for tail in ("/lists", "/lists/1", "/tiers", "/door", ""):
        path = f"/tickets/organizer/events/{world.ours.event.id}{tail}"
        answer = await world.send("GET", path, "organizer")
        assert (answer.status_code, fault(answer)) == (200, ""), tail
    token = {"token": world.ours.tokens[2]}
    answer = await world.send("POST", "/api/tickets/validate", "key", json=token)
    assert (answer.status_code, fault(answer)) == (200, "")
