"""Importing guest lists: whole or not at all, once however often, off the event loop."""

import asyncio

import pytest
from sqlalchemy import func, select
from tests.factories.events import make_event
from tests.factories.workbooks import make_workbook

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, FakeClock
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets.find_tickets import find_tickets
from handstamp.tickets.guest_file import read_guest_file
from handstamp.tickets.import_guests import (
    Choices,
    Preview,
    Result,
    commit_import,
    discard_import,
    keep_upload,
    plan_import,
    preview_import,
    save_choices,
)
from handstamp.tickets.models import GuestImport, Ticket

pytestmark = pytest.mark.anyio

LIST = (
    b"Name,Email,Ticket type,Ticket code\nAda,ada@example.org,general,a\nBob,b@example.org,VIP,b\n"
)
CREATE = Choices(create_tiers=True)


async def upload(services: Services, event: Event, content: bytes, actor: Actor = SYSTEM) -> str:
    """Read and keep a file; return the import's id."""
    await read_guest_file(content)
    async with services.db.write() as session:
        kept = await keep_upload(
            session, services, actor, event.id, filename="C:\\lists\\guests.csv", content=content
        )
    return kept.id


async def preview(services: Services, event: Event, import_id: str) -> Preview:
    """Look at a kept file."""
    plan = await plan_import(services, SYSTEM, event.id, import_id)
    async with services.db.read() as session:
        return await preview_import(session, SYSTEM, plan)


async def choose(services: Services, event: Event, import_id: str, choices: Choices) -> None:
    """Keep choices for a file."""
    async with services.db.write() as session:
        await save_choices(session, SYSTEM, event.id, import_id, choices)


async def commit(services: Services, event: Event, import_id: str) -> Result:
    """Take a kept file over."""
    plan = await plan_import(services, SYSTEM, event.id, import_id)
    async with services.db.write() as session:
        return await commit_import(session, services, SYSTEM, plan)


async def import_file(
    services: Services, event: Event, content: bytes, choices: Choices = CREATE
) -> Result:
    """Upload, choose, take over."""
    import_id = await upload(services, event, content)
    await choose(services, event, import_id, choices)
    return await commit(services, event, import_id)


async def new_event(services: Services, *tiers: str) -> Event:
    """Make an event in a transaction of its own."""
    async with services.db.write() as session:
        return await make_event(session, services, tiers=tiers or ("General",))


async def count(services: Services, event: Event) -> int:
    """Count an event's tickets."""
    async with services.db.read() as session:
        query = select(func.count()).where(Ticket.event_id == event.id)
        return await session.scalar(query) or 0


async def test_the_preview_tells_what_would_happen_and_nothing_happens(services: Services) -> None:
    event = await new_event(services)
    seen = await preview(services, event, await upload(services, event, LIST))
    assert seen.filename == "guests.csv"
    assert seen.columns == {"name": 0, "email": 1, "tier": 2, "external_id": 3}
    assert [(tier.name, tier.rows, bool(tier.tier_id)) for tier in seen.tiers] == [
        ("general", 1, True),
        ("VIP", 1, False),
    ]
    assert (seen.rows, seen.tickets, seen.known, seen.bad_count, seen.ready) == (2, 1, 0, 1, False)
    assert seen.bad[0].line == 3
    assert await count(services, event) == 0


async def test_missing_tiers_are_made_when_asked_for(services: Services) -> None:
    event = await new_event(services)
    result = await import_file(services, event, LIST)
    assert result == Result(tickets=2, known=0, left_out=0, bad=0, tiers=["VIP"])
    async with services.db.read() as session:
        tickets = await find_tickets(session, event.id)
        tiers = {tier.id: tier.name for tier in await tiers_of(session, event.id)}
    assert [(ticket.holder_name, tiers[ticket.tier_id]) for ticket in tickets] == [
        ("Ada", "General"),
        ("Bob", "VIP"),
    ]
    assert {ticket.source for ticket in tickets} == {"import"}


async def test_a_tier_in_the_file_can_be_sent_to_one_of_the_events(services: Services) -> None:
    event = await new_event(services, "Général", "Backstage")
    async with services.db.read() as session:
        tiers = await tiers_of(session, event.id)
    choices = Choices(tiers={"vip": tiers[1].id})
    assert (
        await import_file(services, event, LIST.replace(b"general", b"GENERAL"), choices)
    ).tickets == 2
    async with services.db.read() as session:
        tickets = await find_tickets(session, event.id)
    assert [ticket.tier_no for ticket in tickets] == [1, 2]


async def test_the_same_file_twice_makes_no_new_tickets(services: Services) -> None:
    plain = b"Name,Email\nAda,ada@example.org\nAda,ada@example.org\nBob,b@example.org\n"
    for content, tickets in ((LIST, 2), (plain, 3)):
        event = await new_event(services)
        assert (await import_file(services, event, content)).tickets == tickets
        again = await import_file(services, event, content)
        assert (again.tickets, again.known) == (0, tickets)
        assert await count(services, event) == tickets


async def test_committing_again_gives_the_first_result(services: Services) -> None:
    event = await new_event(services)
    import_id = await upload(services, event, LIST)
    await choose(services, event, import_id, CREATE)
    first = await commit(services, event, import_id)
    assert await commit(services, event, import_id) == first
    async with services.db.read() as session:
        kept = await session.get_one(GuestImport, import_id)
    assert kept.content is None
    with pytest.raises(Conflict):
        await choose(services, event, import_id, Choices())


async def test_one_bad_row_stops_everything_unless_it_is_left_out(services: Services) -> None:
    event = await new_event(services)
    content = LIST + b",,general,c\n"
    with pytest.raises(Conflict) as caught:
        await import_file(services, event, content)
    assert caught.value.errors[0]["line"] == 4
    assert await count(services, event) == 0
    async with services.db.read() as session:
        assert len(await tiers_of(session, event.id)) == 1
    choices = Choices(create_tiers=True, leave_out_bad=True)
    result = await import_file(services, event, content, choices)
    assert (result.tickets, result.bad) == (2, 1)


async def test_who_waits_hears_how_far_it_is(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("handstamp.tickets.store.PIECE", 1)
    event = await new_event(services)
    import_id = await upload(services, event, LIST)
    await choose(services, event, import_id, CREATE)
    plan = await plan_import(services, SYSTEM, event.id, import_id)
    heard: list[int] = []
    async with services.db.write() as session:
        await commit_import(session, services, SYSTEM, plan, told=heard.append)
    assert heard == [1, 1]
    assert await count(services, event) == 2


async def test_quantity_makes_as_many_tickets_and_a_raised_one_only_the_rest(
    services: Services,
) -> None:
    event = await new_event(services)
    assert (await import_file(services, event, b"Name,Code,Qty\nAda,a,2\n")).tickets == 2
    raised = await import_file(services, event, b"Name,Code,Qty\nAda,a,5\n")
    assert (raised.tickets, raised.known) == (3, 2)


async def test_columns_are_corrected_by_hand(services: Services) -> None:
    event = await new_event(services)
    content = b"Wer,Mail,Was\nAda,ada@example.org,x\n"
    result = await import_file(services, event, content, Choices(columns={"name": 0}))
    assert result.tickets == 1
    async with services.db.read() as session:
        (ticket,) = await find_tickets(session, event.id)
    assert (ticket.holder_name, ticket.holder_email) == ("Ada", "")


async def test_rows_without_a_tier_need_one_chosen_when_there_are_several(
    services: Services,
) -> None:
    event = await new_event(services, "General", "VIP")
    content = b"Name,Email\nAda,ada@example.org\n"
    with pytest.raises(Conflict):
        await import_file(services, event, content)
    async with services.db.read() as session:
        vip = (await tiers_of(session, event.id))[1]
    assert (await import_file(services, event, content, Choices(tier_id=vip.id))).tickets == 1


async def test_another_organizer_sees_nothing_of_it(services: Services) -> None:
    event = await new_event(services)
    stranger = Actor(kind="user", id="usr_1", organizers={"org_other": "owner"})
    with pytest.raises(NotFound):
        await upload(services, event, LIST, stranger)
    import_id = await upload(services, event, LIST)
    with pytest.raises(NotFound):
        await plan_import(services, stranger, event.id, import_id)
    other = await new_event(services)
    with pytest.raises(NotFound):
        await plan_import(services, SYSTEM, other.id, import_id)


async def test_a_file_nobody_decided_on_is_forgotten_after_a_day(
    services: Services, clock: FakeClock
) -> None:
    event = await new_event(services)
    first = await upload(services, event, LIST)
    clock.advance(DAY + 1)
    second = await upload(services, event, LIST)
    with pytest.raises(NotFound):
        await plan_import(services, SYSTEM, event.id, first)
    async with services.db.write() as session:
        await discard_import(session, SYSTEM, event.id, second)
    with pytest.raises(NotFound):
        await plan_import(services, SYSTEM, event.id, second)


async def test_an_encoding_that_does_not_fit_is_refused(services: Services) -> None:
    event = await new_event(services)
    import_id = await upload(services, event, "Name\nJörg\n".encode("cp1252"))
    await choose(services, event, import_id, Choices(encoding="utf-8"))
    with pytest.raises(BadInput):
        await plan_import(services, SYSTEM, event.id, import_id)


async def test_the_same_list_sent_twice_at_once_is_imported_once(services: Services) -> None:
    event = await new_event(services)
    imports = [await upload(services, event, LIST) for _ in range(2)]
    for import_id in imports:
        await choose(services, event, import_id, CREATE)
    results = await asyncio.gather(*(commit(services, event, each) for each in imports))
    assert sorted(result.tickets for result in results) == [0, 2]
    assert await count(services, event) == 2


async def test_5000_guests_are_imported_while_the_loop_stays_free(services: Services) -> None:
    event = await new_event(services)
    rows = [[f"Guest {n}", f"g{n}@example.org", "General", f"T{n}"] for n in range(5000)]
    content = make_workbook([["Name", "Email", "Ticket type", "Ticket code"], *rows])
    turns, done = 0, False

    async def tick() -> None:
        nonlocal turns
        while not done:
            turns += 1
            await asyncio.sleep(0)

    ticking = asyncio.create_task(tick())
    try:
        result = await import_file(services, event, content)
    finally:
        done = True
        await ticking
    assert result.tickets == 5000
    assert turns > 100
    again = await import_file(services, event, content)
    assert (again.tickets, again.known) == (0, 5000)
