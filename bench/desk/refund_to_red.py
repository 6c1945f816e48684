"""An order's money is given back, and its ticket turns red at every phone that is online.

SQLite and PostgreSQL, one server process with its worker inside, 10,000 guests besides. Stripe is
the double, a process of its own; each order holds one ticket and was paid there. Eight phones are
connected as in `door/revocation`. Time runs from the organizer's request for the refund being sent
until a phone has the ticket's new status: the request is stored, a job asks the double for the
refund, what it answers voids the ticket, and the phones are hinted at. Every delay of every phone
counts. Between two refunds a random half second passes.
"""

import httpx2
from bench.door.revocation import Act, delays, figures, online
from bench.figure import Figure
from bench.guest_list import guest_list
from bench.installation import DATABASES, Installation, installation, server
from bench.shop import double_of_stripe
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.orders import make_sale
from tests.fixtures.stripe_double import StripeDouble

from handstamp.auth.models import Organizer
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR
from handstamp.kit.ids import new_id
from handstamp.orders.buyers import Buyer
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.settle_order import settle_order
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.payments.gateway import close_gateway
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.issue_tickets import Holder, issue_rows
from handstamp.tickets.models import Ticket

GUESTS = 10_000
REFUNDS = 30
DETAILS = BuyerDetails(email="guest@example.org", name="Grace Hopper", terms=True)


async def measure() -> dict[str, Figure]:
    """Measure."""
    found: dict[str, Figure] = {}
    for kind in DATABASES:
        async with installation(kind) as here, double_of_stripe(here) as double:
            here.more["ENABLE_TICKETING_REFUNDS"] = "true"
            here.services.settings = here.services.settings.model_copy(
                update={"enable_checkout": True}
            )
            event, tickets = await _sell(here, double)
            async with server(here) as running:
                phones = await online(here, running, event, 1)
                taken = await delays(await _refund(here, event), phones, tickets)
                for phone in phones:
                    await phone.close()
            await close_gateway(here.services)
        found |= figures(f"an order's refund to red at a phone, {kind}", taken)
    return found


async def _sell(here: Installation, double: StripeDouble) -> tuple[Event, list[Ticket]]:
    """Sell some tickets, one in each order, and invite everybody else."""
    now = here.services.clock()
    event, tiers = await make_sale(
        here.services,
        account=await double.account(),
        capacity=None,
        start_at=now + HOUR,
        end_at=now + 6 * HOUR,
    )
    for _ in range(REFUNDS):
        order = await hold(here.services, Buyer(key=new_id("buyer")), event.id, {tiers[0].id: 1})
        await start_checkout(here.services, order.id, DETAILS)
        async with here.services.db.read() as session:
            page = (await session.get_one(Order, order.id)).checkout_session_id
        assert page is not None
        await double.pay(page)
        assert await settle_order(here.services, order.id) == "paid"
    rows = [(tiers[0], Holder(g.name, g.email, g.order)) for g in guest_list(GUESTS)]
    async with here.services.db.write() as session:
        bought = select(Ticket).where(Ticket.event_id == event.id).order_by(Ticket.id)
        tickets = list(await session.scalars(bought))
        await issue_rows(session, here.services, event, rows, source="import", actor=SYSTEM)
    return event, tickets


async def _refund(here: Installation, event: Event) -> Act:
    async with here.services.db.read() as session:
        organizer = await session.get_one(Organizer, event.organizer_id)
    person = await make_person(here.services, organizer=organizer)

    async def act(ticket: Ticket) -> None:
        async with httpx2.AsyncClient(base_url=here.address, timeout=60) as http:
            path = f"/api/tickets/orders/{ticket.order_id}/refund"
            answer = await http.post(path, json={}, headers=person.headers)
        assert answer.status_code == 202, answer.text

    return act
