"""Keys that sign tickets: published before they are used, replaced, distrusted, not reused."""

from typing import Any

import pytest
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.events.models import Event
from handstamp.events.number_changes import number
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Services, build_services
from handstamp.tickets.signing_keys import (
    all_keys,
    current_key,
    keys_of_event,
    private_of,
    rotate,
)
from handstamp.tickets.token import TicketKey, check_token

pytestmark = pytest.mark.anyio


async def signing(services: Services) -> int:
    """Return the id of the key that signs now."""
    async with services.db.write() as session:
        return (await current_key(session, services)).key_id


async def replace(services: Services, compromised: int | None = None) -> None:
    """Rotate in a transaction of its own."""
    async with services.db.write() as session:
        await rotate(session, services, SYSTEM, compromised=compromised)


async def published(services: Services, event: Event) -> dict[int, TicketKey]:
    """Return the keys as a snapshot of the event would hold them."""
    async with services.db.read() as session:
        keys = await keys_of_event(session, event)
    return {key.id: TicketKey(key.public, key.compromised) for key in keys}


async def code(services: Services, event: Event) -> str:
    """Issue a ticket; return its QR text."""
    async with services.db.write() as session:
        tickets = await make_tickets(session, services, event, count=1)
        return (await make_tokens(session, services, event, tickets))[0]


async def new_event(services: Services, **others: Any) -> Event:
    """Make an event in a transaction of its own."""
    async with services.db.write() as session:
        return await make_event(session, services, **others)


async def test_a_key_signs_only_a_day_after_it_was_published(
    services: Services, clock: FakeClock
) -> None:
    event = await new_event(services)
    first = await signing(services)
    on_the_phone = await published(services, event)
    assert len(on_the_phone) == 2
    clock.advance(HOUR)
    await replace(services)
    assert await signing(services) == first
    with pytest.raises(Conflict):
        await replace(services)
    clock.advance(23 * HOUR - 1)
    assert await signing(services) == first
    clock.advance(1)
    assert await signing(services) != first
    assert check_token(await code(services, event), on_the_phone).check == "ok"


async def test_a_reserve_that_waited_long_enough_takes_over_at_once(
    services: Services, clock: FakeClock
) -> None:
    event = await new_event(services)
    first = await signing(services)
    before = await code(services, event)
    clock.advance(DAY)
    on_the_phone = await published(services, event)
    await replace(services)
    assert await signing(services) != first
    assert check_token(await code(services, event), on_the_phone).check == "ok"
    assert check_token(before, await published(services, event)).check == "ok"


async def test_a_compromised_key_is_told_and_signs_no_more(services: Services) -> None:
    event = await new_event(services)
    first = await signing(services)
    before = await code(services, event)
    await replace(services, compromised=first)
    assert await signing(services) != first
    checked = check_token(before, await published(services, event))
    assert (checked.check, checked.compromised) == ("ok", True)


async def test_a_compromised_reserve_is_never_used(services: Services, clock: FakeClock) -> None:
    await new_event(services)
    first = await signing(services)
    async with services.db.read() as session:
        reserve = [key.key_id for key in await all_keys(session) if key.active_at is None]
    await replace(services, compromised=reserve[0])
    assert await signing(services) == first
    clock.advance(2 * DAY)
    await replace(services)
    assert await signing(services) not in (first, reserve[0])


async def test_a_key_that_waits_for_its_day_and_is_compromised_never_gets_it(
    services: Services, clock: FakeClock
) -> None:
    await new_event(services)
    first = await signing(services)
    await replace(services)
    async with services.db.read() as session:
        (coming,) = [
            key.key_id for key in await all_keys(session) if (key.active_at or 0) > clock()
        ]
    await replace(services, compromised=coming)
    clock.advance(2 * DAY)
    assert await signing(services) == first
    await replace(services)
    assert await signing(services) not in (first, coming)


async def test_an_unknown_compromised_key_is_refused(services: Services) -> None:
    with pytest.raises(NotFound):
        await replace(services, compromised=31)


async def test_ids_come_back_only_when_no_event_under_them_is_unfinished(
    services: Services, clock: FakeClock
) -> None:
    await new_event(services, start_at=clock() + 100 * DAY, end_at=clock() + 101 * DAY)
    await signing(services)
    made = 2
    with pytest.raises(Conflict):
        while True:
            clock.advance(DAY)
            await replace(services)
            made += 1
    assert made == 32
    clock.advance(102 * DAY)
    await replace(services)
    async with services.db.read() as session:
        living = [key.key_id for key in await all_keys(session) if key.retired_at is None]
    assert len(set(living)) == len(living) == 2


async def test_a_rotation_reaches_phones_through_every_unfinished_feed(
    services: Services, clock: FakeClock
) -> None:
    event = await new_event(services)
    over = await new_event(services, start_at=clock() + HOUR, end_at=clock() + 2 * HOUR)
    await signing(services)
    async with services.db.write() as session:
        for each in (event, over):
            assert await number(session, each.id, 0)
    clock.advance(DAY)
    await replace(services)
    async with services.db.write() as session:
        assert [row[0] for row in await number(session, event.id, 9)] == ["e"]
        assert await number(session, over.id, 9) == []


async def test_the_first_key_reaches_phones_that_were_paired_before_any_ticket(
    services: Services,
) -> None:
    event = await new_event(services)
    async with services.db.write() as session:
        assert await number(session, event.id, 0)
    await signing(services)
    async with services.db.write() as session:
        assert [row[0] for row in await number(session, event.id, 9)] == ["e"]
    await signing(services)
    async with services.db.write() as session:
        assert await number(session, event.id, 20) == []


async def test_private_keys_are_sealed_under_the_installations_secret(services: Services) -> None:
    async with services.db.write() as session:
        key = await current_key(session, services)
    private = private_of(services, key)
    assert private not in key.sealed
    other = build_services(
        services.settings.model_copy(update={"secret": "another secret, long enough to be one"})
    )
    with pytest.raises(ValueError, match="do not open"):
        private_of(other, key)
    await other.db.close()
