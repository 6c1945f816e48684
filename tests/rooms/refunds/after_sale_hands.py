"""Steps of stories about whose a ticket is: passed on, given by hand, waited for and offered."""

from collections import Counter
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import rule
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.orders import make_buyer
from tests.rooms.refunds.after_sale import AfterSale
from tests.rooms.refunds.after_sale_steps import Steps

from handstamp.orders.give_rules import BY_HAND
from handstamp.orders.take_offer import take_offer
from handstamp.tickets.models import Ticket
from handstamp.waitlist.join_list import Wanted, join_list
from handstamp.waitlist.leave_list import leave_list
from handstamp.waitlist.models import Waiting, WaitOffer
from handstamp.waitlist.offer_tickets import bring_up_to_date

NTH = st.integers(0, 9)


class Hands(Steps):
    """What people do with tickets beside buying them."""

    def __init__(self) -> None:
        super().__init__()
        self.passed: Counter[int] = Counter()  # how often each ticket was passed on

    @rule(nth=NTH, who=st.integers(0, 2), only_name=st.booleans())
    def a_ticket_changes_hands(self, nth: int, who: int, only_name: bool) -> None:
        """A ticket is passed on, or gets another name, whatever state it is in."""
        for ticket in self.nth(self.run(tickets_of(self.sale)), nth):
            self.run(self._hand_on(ticket, who, only_name=only_name))

    async def _hand_on(self, ticket: Ticket, who: int, *, only_name: bool) -> None:
        path, body = f"/api/tickets/tickets/{ticket.id}", {"name": f"Guest {who} Lovelace"}
        if only_name:
            status = await self.sale.send("PUT", f"{path}/name", body)
        else:
            body["email"] = f"guest{who}@example.org"
            status = await self.sale.send("POST", f"{path}/transfer", body)
        assert status in (200, 400, 409)
        self.passed[ticket.id] += status == 200 and not only_name

    @rule(
        a=st.integers(0, 2), b=st.integers(0, 1), origin=st.sampled_from(BY_HAND),
        mailed=st.booleans(),
    )  # fmt: skip
    def tickets_are_given(self, a: int, b: int, origin: str, mailed: bool) -> None:
        """The organizer gives tickets, or sells them at the desk."""
        wants = zip(self.sale.tiers, (a, b), strict=True)
        lines = [{"tier_id": tier.id, "quantity": qty} for tier, qty in wants if qty]
        body: dict[str, Any] = {"origin": origin, "name": "Press", "lines": lines}
        if mailed:
            body["email"] = "press@example.org"
        path = f"/api/tickets/events/{self.sale.event.id}/orders/by-hand"
        assert self.run(self.sale.send("POST", path, body)) in (201, 400, 409)

    @rule(nth=NTH)
    def what_was_given_is_taken_back(self, nth: int) -> None:
        """The organizer takes an order by hand back."""
        for order in self.nth(self.run(self.sale.orders()), nth):
            path = f"/api/tickets/orders/{order.id}/take-back"
            status = self.run(self.sale.send("POST", path, {}))
            assert status == (200 if order.origin in BY_HAND else 409)

    @rule(who=st.integers(0, 2), tier=st.integers(0, 2), qty=st.integers(1, 4), fewer=st.booleans())
    def somebody_waits(self, who: int, tier: int, qty: int, fewer: bool) -> None:
        """Somebody joins the waiting list of a tier, or of whichever is free first."""
        tier_id = "" if tier == 2 else self.sale.tiers[tier].id
        self.attempt(self._wait(who, Wanted(tier_id, qty, fewer)))

    async def _wait(self, who: int, wanted: Wanted) -> None:
        person = await make_person(self.services, f"waits{who}@example.org")
        await join_list(self.services, person.actor, self.sale.event.id, wanted)

    @rule()
    def the_list_moves(self) -> None:
        """Offers end, and what is free is offered."""
        self.attempt(bring_up_to_date(self.services, self.sale.event.id))

    @rule(nth=NTH, fewer=st.booleans())
    def an_offer_is_taken(self, nth: int, fewer: bool) -> None:
        """Somebody takes what they are offered, or less of it; it may be too late."""
        for one in self.nth(self.run(waiting_of(self.sale)), nth):
            buyer = make_buyer(f"{self.sale.event.id}:waits:{one.email}")
            qty = 1 if fewer else None
            self.attempt(take_offer(self.services, buyer, one.id, quantity=qty))

    @rule(nth=NTH)
    def somebody_leaves(self, nth: int) -> None:
        """Somebody does not want to wait any more."""
        for one in self.nth(self.run(waiting_of(self.sale)), nth):
            self.attempt(self._leave(one.id))

    async def _leave(self, waiting_id: str) -> None:
        async with self.services.db.write(actor="waitlist") as session:
            found = await session.get_one(Waiting, waiting_id)
            await leave_list(session, self.services, found)


async def tickets_of(sale: AfterSale) -> list[Ticket]:
    """Return the event's tickets in the order they were issued."""
    query = select(Ticket).where(Ticket.event_id == sale.event.id).order_by(Ticket.id)
    async with sale.services.db.read() as session:
        return list(await session.scalars(query))


async def waiting_of(sale: AfterSale) -> list[Waiting]:
    """Return who is or was on the event's list, in the order they joined."""
    query = select(Waiting).where(Waiting.event_id == sale.event.id)
    async with sale.services.db.read() as session:
        return list(await session.scalars(query.order_by(Waiting.created_at, Waiting.id)))


async def check_hands(sale: AfterSale, passed: Counter[int]) -> None:
    """A code lives as long as nobody passed its ticket on; an offer is with one order at most."""
    for ticket in await tickets_of(sale):
        assert ticket.epoch == 1 + passed[ticket.id]
    people = {one.id: one for one in await waiting_of(sale)}
    query = select(WaitOffer).where(WaitOffer.event_id == sale.event.id)
    async with sale.services.db.read() as session:
        offers = list(await session.scalars(query))
    orders = await sale.orders()
    for offer in offers:
        with_it = [one for one in orders if one.waitlist_offer_id == offer.id]
        holding = [one for one in with_it if one.status == "pending"]
        bought = [one for one in with_it if one.placed_at]
        assert len(holding) + len(bought) <= 1
        assert (offer.status == "ordered") == bool(holding)
        assert offer.status != "bought" or len(bought) == 1
        live = offer.status in ("open", "ordered")
        assert not live or people[offer.waiting_id].status == "offered"
