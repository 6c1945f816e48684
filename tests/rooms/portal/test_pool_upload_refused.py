"""What the upload pages refuse, list and keep from others."""

import json
import re
from dataclasses import replace

import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_owner
from tests.factories.events import make_event
from tests.factories.pool import pool_csv, upload
from tests.rooms.portal.conftest import Desk
from tests.rooms.portal.pool_counter import EARLY, LATE, Counter, counter, settings
from tests.rooms.portal.test_texts import strays, strays_in

from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.web import Services
from handstamp.pool.models import Demand, PoolUpload

__all__ = ["counter", "settings"]

pytestmark = pytest.mark.anyio


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "There is nothing in this file."),
        (b"Event;Variant;Email;Password\n", "must be separated by commas"),
        (b"Event,Variant,Email\n", "The first row must be exactly"),
        (b"Event,Variant,Email,Password\n" + b"\n" * (5 << 20), "larger than 5 MB"),
        (b"PK\x03\x04" + bytes(99), "This file is no CSV"),
    ],
    ids=["empty", "semicolons", "header", "too large", "a workbook"],
)
@pytest.mark.parametrize("do", ["check", "commit"])
async def test_what_cannot_be_read_is_said_plainly(
    counter: Counter, content: bytes, said: str, do: str
) -> None:
    desk = await counter.send(content, do)
    assert desk.status in (400, 413, 422)
    assert said in desk.text
    assert "Drop the CSV file here" in desk.text


async def test_a_form_without_a_file_asks_for_one(counter: Counter) -> None:
    desk = await counter.desk.post(counter.path, {"do": "check"}, on=counter.path)
    assert desk.status == 422
    assert "Choose a file first." in desk.text


@pytest.mark.parametrize(
    "sent",
    [
        {"asked": "nonsense"},
        {"asked": json.dumps([["only one"]])},
        {"asked": json.dumps([["", "x" * 401]])},
        {"asked": json.dumps([["", "Other"]]), "fix-0": "evt_of_nobody"},
    ],
    ids=["no json", "another shape", "too long", "nobody's event"],
)
async def test_corrections_that_are_none_are_refused(
    counter: Counter, sent: dict[str, str]
) -> None:
    desk = await counter.send(pool_csv([counter.row()]), **sent)
    assert desk.status == 400
    assert await counter.stored() == 0


async def test_an_event_of_somebody_else_is_no_correction(
    counter: Counter, services: Services
) -> None:
    async with services.db.write() as session:
        foreign: Event = await make_event(session, services)
    asked = json.dumps([["", "Other"]])
    content = pool_csv([counter.row(title="Other")])
    desk = await counter.send(content, "commit", asked=asked, **{"fix-0": foreign.id})
    assert desk.status == 400
    assert await counter.stored() == 0


async def test_files_are_listed_page_by_page_with_who_committed_them(
    counter: Counter, services: Services, clock: FakeClock
) -> None:
    assert counter.desk.person
    owner = {counter.offer.event.organizer_id: "owner"}
    actor = replace(counter.desk.person.actor, organizers=owner)
    for number in range(3):
        clock.advance(MINUTE)
        content = pool_csv([counter.row(EARLY, number)])
        await upload(services, counter.offer.event, content, filename=f"f{number}.csv", actor=actor)
    desk = await counter.desk.get(counter.whole + "s")
    assert re.findall(r"f\d\.csv", desk.text) == ["f2.csv", "f1.csv", "f0.csv"]
    assert "harry@example.org" in desk.text
    async with services.db.read() as session:
        query = select(PoolUpload.id).order_by(PoolUpload.created_at.desc())
        latest = (await session.scalars(query)).all()[0]
    await desk.get(f"{counter.whole}s?after={latest}")
    assert re.findall(r"f\d\.csv", desk.text) == ["f1.csv", "f0.csv"]
    for path in (counter.path, counter.whole):
        assert "f1.csv" in (await desk.get(path)).text


async def test_before_the_first_file_the_pages_say_what_to_do(counter: Counter) -> None:
    assert "No file yet" in (await counter.desk.get(counter.whole + "s")).text
    assert "What happens" in (await counter.desk.get(counter.path)).text


async def test_nobody_else_uploads_or_sees_what_was_uploaded(
    counter: Counter, services: Services
) -> None:
    content = pool_csv([counter.row()])
    result = (await counter.send(content, "commit")).path
    upload_id = result.rpartition("/")[2]
    person, organizer = await make_owner(services, "eve@example.org")
    eve = Desk(counter.desk.http, person)
    for path in (counter.path, counter.whole, counter.whole + "s", result, result + "/live"):
        assert (await eve.get(path)).status == 404, path
    own = f"/tickets/organizer/pool/{organizer.id}"
    assert (await eve.get(f"{own}/upload")).status == 200
    for path in (f"{own}/uploads/{upload_id}", f"{own}/uploads/{upload_id}/live"):
        assert (await eve.get(path)).status == 404, path
    files = {"file": ("t.csv", content, "text/csv")}
    for path in (counter.path, counter.whole):
        await eve.post(path, {"do": "commit"}, on=f"{own}/upload", files=files)
        assert eve.status == 404
    assert await counter.stored() == 1


async def test_pages_are_hidden_while_preorders_are_off(
    counter: Counter, services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    off = services.settings.model_copy(update={"enable_preorders": False})
    monkeypatch.setattr(services, "settings", off)
    for path in (counter.path, counter.whole, counter.whole + "s"):
        assert (await counter.desk.get(path)).status == 503


async def test_demand_is_compared_as_it_is_now(counter: Counter, services: Services) -> None:
    content = pool_csv([counter.row(EARLY, 0), counter.row(EARLY, 1), counter.row(LATE, 2)])
    desk = await counter.send(content)
    assert desk.text.count("Everybody gets one") == 2
    async with services.db.write() as session:
        await session.execute(update(Demand).values(status="closed"))
    await counter.send(content)
    assert "Everybody gets one" not in desk.text
    assert "2 tickets left over" in desk.text


async def test_every_string_is_translated(counter: Counter) -> None:
    rows = [counter.row(EARLY, 0), counter.row("Erly brid", 1), counter.row(EARLY, 0),
            [counter.title, LATE, "nobody", "x"]]  # fmt: skip
    desk = await counter.send(pool_csv(rows))
    left = {"report": await strays_of(counter, pool_csv(rows))}
    await counter.send(pool_csv(rows[:1]), "commit")
    for path in (counter.path, counter.whole, counter.whole + "s", desk.path, desk.path + "/live"):
        left[path] = await strays(desk, path)
    names = {"Early", "bird", "Late", "entry", "Event", "Variant", "Email", "Password", "Code",
             "csv", "harry", "America", "Erly", "brid", "CSV"}  # fmt: skip
    assert {page: found - names for page, found in left.items() if found - names} == {}


async def strays_of(counter: Counter, content: bytes) -> set[str]:
    """Return what of a report in the pseudo-language is not translated."""
    assert counter.desk.person
    page = counter.desk.html
    token = re.search(r'name="csrf_token" value="([^"]+)"', page)
    assert token
    answer = await counter.desk.http.post(
        counter.path,
        data={"csrf_token": token[1], "do": "check"},
        files={"file": ("t.csv", content, "text/csv")},
        headers={**counter.desk.person.headers, "Accept-Language": "qps"},
    )
    assert "data-report-title" in answer.text
    return strays_in(answer.text)
