"""A device's scans made void from one on: looked at first, folded anew, told to every phone."""

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.checkin import Phone, pair_phone
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.audit.find_entries import entries_of
from handstamp.checkin.models import Admission, Device
from handstamp.checkin.void_facts import first_from, preview_void, void_facts
from handstamp.checkin.wire import VOID
from handstamp.events.models import Event
from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.kit.ids import device_hex
from handstamp.plumbing.errors import BadInput, Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets.models import Ticket

pytestmark = pytest.mark.anyio


@pytest.fixture
async def sold(services: Services) -> tuple[Event, list[Ticket], list[str]]:
    """An event with four tickets, and their codes."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=4)
        return event, tickets, await make_tokens(session, services, event, tickets)


async def inside(services: Services, event: Event) -> dict[int, bool]:
    """Return which tickets count as let in."""
    async with services.db.read() as session:
        query = select(Admission).where(Admission.event_id == event.id)
        return {row.serial: row.admitted_at is not None for row in await session.scalars(query)}


async def scanned(phone: Phone, tokens: list[str], clock: FakeClock) -> None:
    """Scan codes a minute apart and hand them in."""
    for token in tokens:
        phone.scan(token)
        clock.advance(MINUTE)
    await phone.sync()


async def test_from_a_scan_on_nobody_was_let_in_by_that_phone(
    client: httpx2.AsyncClient,
    services: Services,
    clock: FakeClock,
    sold: tuple[Event, list[Ticket], list[str]],
) -> None:
    event, tickets, tokens = sold
    thief = await pair_phone(client, services, event, "Lost")
    other = await pair_phone(client, services, event, "Main")
    began = clock()
    await scanned(thief, tokens[:3], clock)
    async with services.db.read() as session:
        device = await session.get_one(Device, thief.device)
        assert await first_from(session, device, began + MINUTE) == 2
        looked = await preview_void(session, device, 2)
    assert (looked.facts, looked.changed, looked.let_out) == (2, 2, 2)
    assert all((await inside(services, event)).values())
    done = await void_facts(services, SYSTEM, thief.device, 2, "stolen at the bar")
    assert done == looked
    let_in = await inside(services, event)
    assert [let_in.get(ticket.serial, False) for ticket in tickets] == [True, False, False, False]
    await other.sync()
    (void,) = [row for row in other.copy.facts.values() if row.kind == VOID]
    assert void.target is not None
    assert void.target[:2] == (thief.device, 2)
    async with services.db.read() as session:
        acts = await entries_of(session, target_type="device", target_id=device_hex(thief.device))
    assert [act.action for act in acts if act.action == "device.void"] == ["device.void"]


async def test_what_is_handed_in_later_is_void_too(
    client: httpx2.AsyncClient,
    services: Services,
    clock: FakeClock,
    sold: tuple[Event, list[Ticket], list[str]],
) -> None:
    event, _tickets, tokens = sold
    thief = await pair_phone(client, services, event, "Lost")
    await scanned(thief, tokens[:1], clock)
    await void_facts(services, SYSTEM, thief.device, 1, "stolen")
    await scanned(thief, tokens[1:3], clock)
    assert not any((await inside(services, event)).values())


async def test_what_cannot_be_void_is_refused_and_changes_nothing(
    client: httpx2.AsyncClient,
    services: Services,
    clock: FakeClock,
    sold: tuple[Event, list[Ticket], list[str]],
) -> None:
    event, _tickets, tokens = sold
    phone = await pair_phone(client, services, event, "Door")
    await scanned(phone, tokens[:2], clock)
    with pytest.raises(Conflict, match="let nobody in"):
        await void_facts(services, SYSTEM, phone.device, 3, "why not")
    for reason in ("", "  ", "x" * 201, "two\nlines"):
        with pytest.raises(BadInput):
            await void_facts(services, SYSTEM, phone.device, 1, reason)
    stranger = Actor(kind="user", id="usr_2", organizers={"org_other": "owner"})
    with pytest.raises(NotFound):
        await void_facts(services, stranger, phone.device, 1, "mischief")
    assert all((await inside(services, event)).values())
    await void_facts(services, SYSTEM, phone.device, 2, "tested")
    with pytest.raises(Conflict, match="already"):
        await void_facts(services, SYSTEM, phone.device, 2, "tested")
    await void_facts(services, SYSTEM, phone.device, 1, "all of it")
    assert not any((await inside(services, event)).values())
