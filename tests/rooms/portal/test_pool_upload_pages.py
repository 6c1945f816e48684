"""Uploading tickets from elsewhere without scripts: looked at, put right, committed, followed."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.events import make_event
from tests.factories.pool import pool_csv
from tests.fixtures.jobs import run_jobs
from tests.rooms.portal.pool_counter import EARLY, LATE, Counter, counter, settings

from handstamp.kit.clock import DAY
from handstamp.plumbing.web import Services
from handstamp.pool.models import PoolTicket

__all__ = ["counter", "settings"]

pytestmark = pytest.mark.anyio


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
