"""Members who paid and have their ticket from elsewhere: uploaded, assigned, handed over."""

from dataclasses import dataclass

from sqlalchemy import select
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.preorders import make_preorder

from handstamp.clubs.find_clubs import Offered
from handstamp.events.rules import ListTier
from handstamp.events.save_list import save_list
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.pool.assign_tickets import ASSIGN
from handstamp.pool.models import Assignment, PoolTicket
from handstamp.pool.take_back import HAND_OVER
from handstamp.preorders.fulfil_preorder import demand
from handstamp.preorders.models import PreOrder
from handstamp.tickets.models import Ticket
from handstamp.worker import JOBS


@dataclass
class Served:
    """A member, the pre-order, the ticket from elsewhere, who gave it, and the door's ticket."""

    person: Person
    preorder: PreOrder
    ticket: PoolTicket
    assignment: Assignment
    door: Ticket


async def make_offer_of_pool(services: Services, **others: object) -> Offered:
    """Make a club that offers an event whose tickets come from elsewhere."""
    values: dict[str, object] = {"prices": {"General": 1_500}, "offer": {"declared": 50}, **others}
    _club, offer, tiers = await make_club_sale(services, **values)  # type: ignore[arg-type]
    async with services.db.write() as session:
        admitted = [ListTier(tier.number) for tier in tiers]
        await save_list(session, services, SYSTEM, offer.event.id, name="Door", tiers=admitted)
    return offer


async def make_paid(
    services: Services, offer: Offered, email: str = "", *, tier: int = 0
) -> tuple[Person, PreOrder]:
    """Have a member pay who waits for a ticket."""
    person, preorder = await make_preorder(services, offer, email=email, tier=tier)
    async with services.db.write() as session:
        paid = await session.get_one(PreOrder, preorder.id)
        paid.status, paid.paid_at = "paid", services.clock()
        await session.flush()
        await demand(session, paid)
        return person, paid


async def make_served(
    services: Services, count: int = 1, *, coded: bool = True, offer: Offered | None = None
) -> list[Served]:
    """Have members pay and be given a ticket each, in the order of the file's lines.

    Their mails wait to be sent.
    """
    of = offer or await make_offer_of_pool(services)
    people = [await make_paid(services, of) for _ in range(count)]
    await upload_rows(services, of.event, ticket_rows(of.event.title, count, coded=coded))
    await assign_and_hand_over(services)
    found = [await served(services, person, preorder) for person, preorder in people]
    return sorted(found, key=lambda one: one.ticket.line)


async def assign_and_hand_over(services: Services) -> None:
    """Run the jobs by which a ticket comes to its member, and no others."""
    kinds = (ASSIGN, HAND_OVER)
    await Worker(services, {kind: JOBS[kind] for kind in kinds}).drain()


async def served(services: Services, person: Person, preorder: PreOrder) -> Served:
    """Return what a member has now."""
    async with services.db.read() as session:
        query = select(Assignment).where(
            Assignment.demand_id == preorder.id, Assignment.ended_at.is_(None)
        )
        assignment = (await session.scalars(query)).one()
        fresh = await session.get_one(PreOrder, preorder.id)
        assert fresh.ticket_id is not None, fresh.status
        return Served(
            person,
            fresh,
            await session.get_one(PoolTicket, assignment.ticket_id),
            assignment,
            await session.get_one(Ticket, fresh.ticket_id),
        )
