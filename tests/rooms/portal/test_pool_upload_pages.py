"""Uploading tickets from elsewhere without scripts: looked at, put right, committed, followed."""

import json
import re
from dataclasses import dataclass, replace
from html import unescape
from typing import Any

import httpx2
import pytest
from sqlalchemy import func, select, update
from tests.factories.auth import make_owner, make_person
from tests.factories.clubs import make_club_sale
from tests.factories.events import make_event
from tests.factories.pool import pool_csv, upload
from tests.factories.preorders import make_preorder
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import make_settings
from tests.rooms.portal.conftest import Desk
from tests.rooms.portal.test_texts import strays, strays_in

from handstamp.auth.models import Member
from handstamp.clubs.find_clubs import Offered
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, MINUTE, FakeClock
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services
from handstamp.pool.models import Demand, PoolTicket, PoolUpload
from handstamp.preorders.fulfil_preorder import demand
from handstamp.preorders.models import PreOrder

pytestmark = pytest.mark.anyio

EARLY, LATE = "Early bird", "Late entry"
_SELECT = re.compile(r'<select id="fix-(\d+)".*?</select>', re.S)
_CHOSEN = re.compile(r'<option value="([^"]*)" selected>(.*?)</option>')
_ASKED = re.compile(r'name="asked" value="([^"]*)"')
_FIGURE = re.compile(r"<dt>(.*?)</dt><dd>([\d\u202f]+)</dd>")


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with clubs."""
    return make_settings(database_url, enable_checkout=True, enable_preorders=True)


@dataclass
class Counter:
    """An organizer's browser at an event that three members have paid for."""

    services: Services
    desk: Desk
    offer: Offered

    @property
    def title(self) -> str:
        """The event's title."""
        return self.offer.event.title

    @property
    def path(self) -> str:
        """Where tickets of the event are uploaded."""
        return f"/tickets/organizer/events/{self.offer.event.id}/pool/upload"

    @property
    def whole(self) -> str:
        """Where tickets of any event of the organizer are uploaded."""
        return f"/tickets/organizer/pool/{self.offer.event.organizer_id}/upload"

    def row(self, variant: str = EARLY, number: int = 0, title: str = "") -> list[str]:
        """Return a row of a file."""
        return [title or self.title, variant, f"pool{number}@example.org", f"secret-{number}"]

    async def send(
        self, content: bytes, do: str = "check", *, path: str = "", name: str = "t.csv", **data: Any
    ) -> Desk:
        """Send a file, with what the page shown has to decide unless told otherwise."""
        asked = _ASKED.search(self.desk.html)
        sent = {"asked": unescape(asked[1])} if asked else {}
        sent |= {f"fix-{number}": value for number, value in self.chosen().items()}
        files = {"file": (name, content, "text/csv")}
        here = path or self.path
        form = {"do": do, **sent, **data}
        return await self.desk.post(here, form, on="" if asked else here, files=files)

    def chosen(self) -> dict[str, str]:
        """Return what is chosen in each choice of the page, by its number."""
        found = {}
        for box in _SELECT.finditer(self.desk.html):
            picked = _CHOSEN.search(box[0])
            found[box[1]] = picked[1] if picked else ""
        return found

    def figures(self) -> dict[str, int]:
        """Return the figures of the page by name."""
        return {name: int(text.replace("\u202f", "")) for name, text in
                _FIGURE.findall(self.desk.html)}  # fmt: skip

    async def stored(self) -> int:
        """Count the tickets in the pool."""
        async with self.services.db.read() as session:
            return await session.scalar(select(func.count()).select_from(PoolTicket)) or 0


@pytest.fixture
async def counter(client: httpx2.AsyncClient, services: Services, clock: FakeClock) -> Counter:
    """Two members have paid for the early entry, one for the late one."""
    club, offer, _tiers = await make_club_sale(
        services, prices={EARLY: 2_000, LATE: 1_500}, offer={"declared": 10}, currency="GBP"
    )
    for tier in (0, 0, 1):
        clock.advance(MINUTE)
        _person, placed = await make_preorder(services, offer, tier=tier)
        async with services.db.write() as session:
            paid = await session.get_one(PreOrder, placed.id)
            paid.status, paid.paid_at = "paid", services.clock()
            await session.flush()
            await demand(session, paid)
    person = await make_person(services, "harry@example.org")
    async with services.db.write() as session:
        own = Member(user_id=person.actor.id, organizer_id=club.organizer_id, role="owner")
        session.add(own)
    return Counter(services, Desk(client, person), offer)


async def test_a_file_is_looked_at_put_right_and_committed(counter: Counter) -> None:
    rows = [counter.row(EARLY, 0), counter.row("Erly brid", 1), counter.row(EARLY, 2),
            [counter.title, LATE, "nobody", "secret-x"], counter.row(EARLY, 0)]  # fmt: skip
    content = pool_csv(rows)
    desk = await counter.send(content)
    assert desk.status == 200
    assert counter.figures() == {
        "Rows": 5, "New tickets": 2, "Here already": 0, "There twice": 1, "Malformed": 1,
        "Names not known": 1,
    }  # fmt: skip
    assert "has no e-mail address" in desk.text
    assert "is the ticket of line 2 again" in desk.text
    assert "Erly brid" in desk.text
    assert "secret-" not in desk.html
    tier = counter.offer.tiers[0].id
    assert counter.chosen() == {"0": tier}  # the suggestion
    assert 'value="commit"' not in desk.html
    assert await counter.stored() == 0

    await counter.send(content)
    assert counter.figures()["New tickets"] == 3
    assert counter.chosen() == {"0": tier}  # the decision
    assert "1 ticket left over" in desk.text
    assert "1 still waits" in desk.text
    assert await counter.stored() == 0

    await counter.send(content, "commit")
    assert desk.status == 409
    assert "Correct them or leave them out" in desk.text
    assert counter.figures()["New tickets"] == 3
    assert await counter.stored() == 0

    await counter.send(content, "commit", leave_out_bad="y")
    assert desk.status == 200
    assert "/pool/uploads/upl_" in desk.path
    assert "3 tickets are stored. 2 rows were left out." in desk.text
    assert await counter.stored() == 3


async def test_the_result_follows_the_tickets_to_the_members(counter: Counter) -> None:
    content = pool_csv([counter.row(EARLY, number) for number in range(3)])
    desk = await counter.send(content, "commit")
    page = desk.path
    assert counter.figures() == {
        "Assigned": 0, "To go": 3, "Unmatched": 0, "Members still waiting": 2,
    }  # fmt: skip
    await run_jobs(counter.services)
    await desk.get(f"{page}/live")
    assert counter.figures() == {
        "Assigned": 2, "To go": 0, "Unmatched": 1, "Members still waiting": 0,
    }  # fmt: skip
    assert "1 ticket has nobody who waits for it" in desk.text
    await desk.get(page)
    assert "3 tickets are stored." in desk.text
    assert "secret-" not in desk.html


async def test_the_same_file_again_has_nothing_to_commit(counter: Counter) -> None:
    content = pool_csv([counter.row(EARLY, 0)])
    await counter.send(content, "commit")
    desk = await counter.send(content)
    assert counter.figures()["Here already"] == 1
    assert "nothing new in this file" in desk.text
    await counter.send(content, "commit")
    assert "no ticket is added" in desk.text
    assert "1 was here already" in desk.text
    assert await counter.stored() == 1


async def test_one_file_serves_several_events_of_the_organizer(
    counter: Counter, services: Services
) -> None:
    async with services.db.write() as session:
        own = counter.offer.event.organizer_id
        times: dict[str, Any] = {
            "start_at": services.clock() + DAY,
            "end_at": services.clock() + 2 * DAY,
        }
        await make_event(session, services, organizer_id=own, title="Second Night", **times)
    rows = [counter.row(EARLY, 0), counter.row("General", 1, title="Second Night")]
    desk = await counter.send(pool_csv(rows), path=counter.whole)
    assert counter.figures()["New tickets"] == 2
    assert desk.text.count("Second Night") >= 2
    await counter.send(pool_csv(rows[1:]))
    assert f"No row of this file is for {counter.title}." in desk.text
    await counter.send(pool_csv(rows), "commit", path=counter.whole)
    assert desk.path.startswith(counter.whole.removesuffix("/upload"))
    assert "2 tickets are stored." in desk.text


async def test_a_name_that_several_have_is_never_chosen_for_anybody(
    counter: Counter, services: Services
) -> None:
    async with services.db.write() as session:
        own = counter.offer.event.organizer_id
        times: dict[str, Any] = {
            "start_at": services.clock() + DAY,
            "end_at": services.clock() + 2 * DAY,
        }
        twin = await make_event(
            session, services, organizer_id=own, title=counter.title, tiers=(EARLY,), **times
        )
    content = pool_csv([counter.row(EARLY, 0)])
    desk = await counter.send(content)
    assert "several of yours are called so" in desk.text
    assert counter.chosen() == {"0": ""}
    await counter.send(content)
    assert counter.chosen() == {"0": ""}  # nothing was decided
    await counter.send(content, **{"fix-0": twin.id})
    assert counter.figures()["New tickets"] == 1
    await counter.send(content, "commit")
    async with services.db.read() as session:
        assert await session.scalar(select(PoolTicket.event_id)) == twin.id


async def test_rows_of_a_name_may_be_left_out_and_taken_back_in(counter: Counter) -> None:
    content = pool_csv([counter.row(EARLY, 0), counter.row("Nonsense", 1)])
    desk = await counter.send(content)
    assert counter.chosen() == {"0": ""}
    await counter.send(content, **{"fix-0": "-"})
    assert counter.figures()["Left out on purpose"] == 1
    assert counter.chosen() == {"0": "-"}
    await counter.send(content, **{"fix-0": counter.offer.tiers[1].id})
    assert counter.figures()["New tickets"] == 2
    await counter.send(content, **{"fix-0": ""})
    assert counter.figures()["Names not known"] == 1
    assert await counter.stored() == 0
    assert desk.status == 200


async def test_very_many_odd_names_are_decided_some_at_a_time(counter: Counter) -> None:
    content = pool_csv([counter.row(f"Zzz {number:03}", number) for number in range(60)])
    desk = await counter.send(content)
    assert len(counter.chosen()) == 50
    assert "10 more names are shown when these are decided." in desk.text
    await counter.send(content, **{f"fix-{number}": "-" for number in range(50)})
    assert len(counter.chosen()) == 60
    assert list(counter.chosen().values()).count("-") == 50
    assert counter.figures()["Left out on purpose"] == 50
    late = counter.offer.tiers[1].id
    await counter.send(content, **{f"fix-{number}": late for number in range(10)})
    assert counter.figures()["New tickets"] == 10
    assert counter.figures()["Left out on purpose"] == 50


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
