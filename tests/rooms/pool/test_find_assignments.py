"""Finding who has which ticket: filters, pages, masks, and who finds anything at all."""

from dataclasses import dataclass

import pytest
from tests.factories.auth import Person, make_owner, make_person
from tests.factories.events import make_event
from tests.factories.pool_rows import Stand, make_stand

from handstamp.auth.change_team import set_role
from handstamp.auth.sessions import find_actor
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event, Tier
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.find_assignments import (
    Filters,
    PoolRow,
    find_orders,
    find_tickets,
    mask_email,
    one_order,
    one_ticket,
    pool_event,
    rows_of_tickets,
)

pytestmark = pytest.mark.anyio


@dataclass
class Desk:
    """An event with two variants: early 6 wishes and 4 tickets, late 2 wishes and 5 tickets."""

    services: Services
    owner: Person
    event: Event
    tiers: list[Tier]
    early: Stand
    late: Stand

    async def orders(self, actor: Actor | None = None, **filters: str) -> list[PoolRow]:
        async with self.services.db.read() as session:
            who, found = actor or self.owner.actor, Filters(**filters)
            return await find_orders(session, who, self.event, found)

    async def tickets(self, actor: Actor | None = None, **filters: str) -> list[PoolRow]:
        async with self.services.db.read() as session:
            who, found = actor or self.owner.actor, Filters(**filters)
            return await find_tickets(session, who, self.event, found)

    async def support(self) -> Actor:
        person = await make_person(self.services, "sam@example.org")
        async with self.services.db.write() as session:
            organizer = self.event.organizer_id
            await set_role(session, self.owner.actor, organizer, "sam@example.org", "support")
        return await find_actor(self.services, person.token, "")


@pytest.fixture
async def desk(services: Services) -> Desk:
    owner, organizer = await make_owner(services)
    async with services.db.write() as session:
        event = await make_event(
            session, services, organizer_id=organizer.id, tiers=("Early", "Late")
        )
        tiers = list(await tiers_of(session, event.id))
        early = await make_stand(
            session, services, event, tiers[0], demands=6, tickets=4, used=1,
            delivery=("delivered", "bounced", "delivery_failed"),
        )  # fmt: skip
        late = await make_stand(
            session, services, event, tiers[1], demands=2, tickets=5,
            statuses=("unmatched", "void"), name="Zoe",
        )  # fmt: skip
    return Desk(services, owner, event, tiers, early, late)


async def test_every_filter_finds_its_own(desk: Desk) -> None:
    first, second = desk.early, desk.late

    async def ids(**filters: str) -> set[str | None]:
        return {row.demand_id for row in await desk.orders(None, **filters)}

    assert await ids() == {*first.demands, *second.demands}
    assert await ids(status="waiting") == {*first.demands[4:]}
    assert await ids(status="assigned") == {*first.demands[1:4], *second.demands}
    assert await ids(status="used") == {first.demands[0]}
    assert await ids(status="closed") == set()
    assert await ids(status="lost") == {*first.demands[1:3]}
    assert await ids(tier_id=desk.tiers[1].id) == {*second.demands}
    assert await ids(member="ZOË") == await ids(member="zoe") == {*second.demands}
    assert await ids(member="PRE-00005") == {first.demands[5]}
    assert await ids(email="MEMBER2@") == {first.demands[2]}
    assert await ids(email="account3@tickets") == {first.demands[3]}
    assert await ids(member="%") == set()
    assert await ids(status="waiting", member="zoe") == set()


async def test_tickets_are_found_by_how_they_stand(desk: Desk) -> None:
    async def ids(**filters: str) -> list[str | None]:
        return [row.ticket_id for row in await desk.tickets(None, **filters)]

    late = desk.late.tickets
    assert await ids(status="unmatched") == [late[2]]
    assert await ids(status="void") == [late[3]]
    assert await ids(status="unassigned") == [late[4]]
    assert await ids(status="free") == [late[2], late[4]]
    assert len(await ids()) == 9
    assert await ids(tier_id=desk.tiers[0].id) == desk.early.tickets
    assert await ids(email="account4@") == [late[4]]


async def test_pages_follow_each_other_and_leave_nothing_out(desk: Desk) -> None:
    actor, found = desk.owner.actor, Filters()
    async with desk.services.db.read() as session:
        whole = await find_orders(session, actor, desk.event, found)
        order = [(row.confirmed_at, row.demand_id) for row in whole]
        assert order == sorted(order, key=lambda one: (one[0] or 0, one[1] or ""))
        seen: list[PoolRow] = []
        while part := await find_orders(
            session, actor, desk.event, found, limit=3,
            after=(seen[-1].demand_id or "") if seen else "",
        ):  # fmt: skip
            seen += part
        assert seen == whole
        tickets = await find_tickets(session, actor, desk.event, found)
        seen = []
        while part := await find_tickets(
            session, actor, desk.event, found, limit=2,
            after=(seen[-1].ticket_id or "") if seen else "",
        ):  # fmt: skip
            seen += part
        assert seen == tickets


async def test_support_sees_masks_and_finds_only_whole_addresses(desk: Desk) -> None:
    support = await desk.support()
    rows = await desk.orders(support)
    assert {row.email for row in rows} == {"m•••@example.org", "z•••@example.org"}
    assert {row.ticket_email for row in rows} == {"a•••@tickets.example", None}
    assert await desk.orders(support, email="member2@") == []
    assert [row.demand_id for row in await desk.orders(support, email="Member2@Example.org")] == [
        desk.early.demands[2]
    ]
    assert "member0@example.org" in {row.email for row in await desk.orders()}


async def test_one_is_found_only_in_its_own_event(desk: Desk) -> None:
    stranger, other = await make_owner(desk.services, "eve@example.org")
    async with desk.services.db.write() as session:
        elsewhere = await make_event(session, desk.services, organizer_id=other.id)
        with pytest.raises(NotFound):
            await pool_event(session, stranger.actor, desk.event.id)
        with pytest.raises(NotFound):
            await pool_event(session, desk.owner.actor, "\x00")
        for wanted in (desk.early.demands[0], "nothing", "\x00"):
            with pytest.raises(NotFound):
                await one_order(session, stranger.actor, elsewhere, wanted)
        for wanted in (desk.early.tickets[0], "nothing", "\x00"):
            with pytest.raises(NotFound):
                await one_ticket(session, stranger.actor, elsewhere, wanted)
        actor = desk.owner.actor
        order = await one_order(session, actor, desk.event, desk.early.demands[0])
        ticket = await one_ticket(session, actor, desk.event, desk.early.tickets[0])
        assert order == ticket
        assert (order.state, order.who) == ("used", "Member 0")
        free = await one_ticket(session, actor, desk.event, desk.late.tickets[2])
        assert (free.state, free.who) == ("unmatched", "")
        chosen = [*desk.early.tickets[:2], "nothing", "\x00"]
        rows = await rows_of_tickets(session, desk.event, chosen)
        assert [row.demand_id for row in rows] == desk.early.demands[:2]
        assert await rows_of_tickets(session, elsewhere, chosen) == []


@pytest.mark.parametrize(
    ("email", "shown"),
    [("ada@example.org", "a•••@example.org"), ("@x", "•••@x"), ("nothing", "•••"), ("", "•••")],
)
def test_a_mask_keeps_one_letter_and_the_site(email: str, shown: str) -> None:
    assert mask_email(email) == shown
