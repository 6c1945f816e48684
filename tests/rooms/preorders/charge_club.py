"""A club whose members' cards the double really charges: what runs are tested with."""

from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

import httpx2
from sqlalchemy import select, update
from tests.factories.auth import Person
from tests.factories.clubs import make_club_sale, make_member
from tests.factories.preorders import make_card, stored, wish_of
from tests.fixtures.sales_figures import check_figures
from tests.fixtures.stripe_double import Delivery, StripeDouble

from handstamp.clubs import supply
from handstamp.clubs.find_clubs import Offered
from handstamp.kit.clock import FakeClock
from handstamp.ledger.balances import every_balance
from handstamp.ledger.rules import PLATFORM
from handstamp.mail.models import Mail
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.payments.models import PaymentAccount
from handstamp.payments.stripe_gateway import API_VERSION
from handstamp.plumbing.jobs import Worker
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.approve_preorders import approve
from handstamp.preorders.charge_run import Expected, start_run
from handstamp.preorders.models import ChargeRun, PreOrder
from handstamp.preorders.plan_run import plan
from handstamp.preorders.request_preorder import place
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket
from handstamp.worker import JOBS

VISA = "pm_card_visa"
DECLINES = "pm_card_chargeCustomerFail"
ASKS = "pm_card_authenticationRequired"
CHARGE_TIME = 1_780_423_200_000  # Tuesday, 2 June 2026, 19:00 in London


@dataclass
class ChargeClub:
    """A club with an offered event, its organizer's account at the double, and its members."""

    services: Services
    http: httpx2.AsyncClient
    double: StripeDouble
    clock: FakeClock
    offer: Offered
    account: str
    destination: str = ""
    wishes: list[PreOrder] = field(default_factory=list)

    @property
    def charged(self) -> str:
        """The account that cards are charged in ('' = the platform's)."""
        return "" if self.destination else self.account

    async def member(self, card: str = VISA, *, tier: int = 0) -> tuple[Person, PreOrder]:
        """Have a fresh member pre-order with a card that the double has saved."""
        self.clock.advance(1)  # so that it is known who came first
        email = f"m{len(self.wishes)}@example.org"
        person, _membership = await make_member(self.services, self.offer.club, email)
        customer, method = await self.save_card(card)
        kept = await make_card(self.services, person, self.offer.club, method, customer_id=customer)
        wish = wish_of(self.offer, tier=tier, card_id=kept.id)
        placed = (await place(self.services, person.actor, wish)).preorder
        self.wishes.append(placed)
        return person, placed

    async def save_card(self, token: str) -> tuple[str, str]:
        """Save a card at the double; return customer and payment method."""
        customer = (await self._ask("customers", email="m@example.org"))["id"]
        intent = await self._ask(
            "setup_intents", customer=customer, payment_method=token, confirm="true",
            return_url="http://testserver/back",
        )  # fmt: skip
        if intent["status"] == "requires_action":
            intent = await self.double.authenticate(intent["id"])
        return customer, intent["payment_method"]

    async def _ask(self, path: str, **fields: str) -> dict[str, Any]:
        headers = {"Authorization": f"Bearer {self.double.key}", "Stripe-Version": API_VERSION}
        if self.charged:
            headers["Stripe-Account"] = self.charged
        async with httpx2.AsyncClient(trust_env=False, timeout=60, verify=False) as http:
            answer = await http.post(f"{self.double.url}/v1/{path}", data=fields, headers=headers)
        assert answer.status_code == 200, answer.text
        found: dict[str, Any] = answer.json()
        return found

    async def approve(self, *wishes: PreOrder) -> dict[str, str]:
        """Approve some (all that are known if none is named); return those refused."""
        ids = [one.id for one in wishes or self.wishes]
        async with self.services.db.write() as session:
            decided = await approve(session, self.services, SYSTEM, self.offer.event.id, ids)
        return decided.refused

    async def start(self) -> ChargeRun:
        """Begin the run as its organizer would, having seen the plan; it is Tuesday evening."""
        self.clock.now = max(self.clock.now, CHARGE_TIME)
        await self.double.set_clock(self.clock.now // 1000)
        async with self.services.db.write() as session:
            seen = await plan(session, self.offer.club, self.services.clock())
            expected = Expected(seen.count, seen.totals)
            return await start_run(session, self.services, SYSTEM, self.offer.club.id, expected)

    async def work(self, *, late: bool = True) -> None:
        """Run the jobs that are ready (`late`: also those that wait for their next try)."""
        if late:
            async with self.services.db.write() as session:
                waiting = update(Job).where(Job.state == "ready", Job.kind != SEND_MAIL)
                await session.execute(waiting.values(run_at=0))
        kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
        await Worker(self.services, kinds).drain()

    async def hear(self, order: str = "oldest") -> None:
        """Deliver what the double has to say, and do the work."""
        for event in await self.double.take_webhooks(order):
            await self.take(event)
        await self.work()

    async def take(self, event: Delivery) -> None:
        """Deliver one event."""
        path = "/api/tickets/webhooks/stripe" + "/connect" * (event.endpoint == "connect")
        answer = await self.http.post(path, content=event.body, headers=event.headers)
        assert answer.status_code == 200, answer.text

    async def run(self) -> ChargeRun:
        """Begin a run and bring it to its end."""
        run = await self.start()
        await self.work()
        return await self.run_now(run)

    async def run_now(self, run: ChargeRun) -> ChargeRun:
        """Return a run as it is now."""
        async with self.services.db.read() as session:
            return await session.get_one(ChargeRun, run.id)

    async def statuses(self) -> list[str]:
        """Return the statuses of the members' pre-orders, in the order of placing."""
        return [(await stored(self.services, one)).status for one in self.wishes]

    async def mails(self, wish: PreOrder) -> list[str]:
        """Return the kinds of mail about a pre-order but the first, sorted."""
        async with self.services.db.read() as session:
            query = select(Mail.kind).where(Mail.about == f"preorder:{wish.id}")
            kinds = sorted(await session.scalars(query))
        assert kinds.count("preorder_placed") == 1
        return [kind.removeprefix("preorder_") for kind in kinds if kind != "preorder_placed"]

    async def tickets(self) -> list[str]:
        """Return the statuses of the event's tickets."""
        async with self.services.db.read() as session:
            query = select(Ticket.status).where(Ticket.event_id == self.offer.event.id)
            return sorted(await session.scalars(query))

    async def left_to_do(self) -> list[tuple[str, str]]:
        """Return the jobs that have not ended well; one that gave way to its twin has."""
        async with self.services.db.read() as session:
            ended = ("done", "cancelled")
            query = select(Job.kind, Job.state).where(
                Job.state.not_in(ended), Job.kind != SEND_MAIL
            )
            return [(row[0], row[1]) for row in await session.execute(query)]

    async def charges(self) -> Counter[str]:
        """Count the charges that succeeded at the double by pre-order."""
        found = await self.double.objects("payment_intent", account=self.charged)
        return Counter(
            one["metadata"]["preorder_id"] for one in found if one["status"] == "succeeded"
        )

    async def check(self) -> None:
        """Compare charges, stock, tickets and books with the double and with each other."""
        wishes = [await stored(self.services, one) for one in self.wishes]
        charged = await self.charges()
        paid = {one.id for one in wishes if one.status in ("fulfilled", "waiting_for_stock")}
        assert all(number == 1 for number in charged.values())
        assert paid <= set(charged)
        async with self.services.db.read() as session:
            assert await stock.recount(session, [self.offer.event.id]) == []
            left = await supply.left_of(
                session, self.offer.terms, self.offer.event, self.offer.tiers
            )
            held = await stock.counts(session, [self.offer.event.id])
        for tier in self.offer.tiers:
            own = [one for one in wishes if one.tier_id == tier.id and one.reserved]
            assert left[tier.id].reserved == len(own)
            if self.offer.terms.stock == "native":
                assert held.get((self.offer.event.id, tier.id), stock.Count()).held == len(own)
        await self.check_books()

    async def check_stock(self, most: int) -> None:
        """Hold that no more is set aside and issued than there is, and that both are counted."""
        async with self.services.db.read() as session:
            assert await stock.recount(session, [self.offer.event.id]) == []
            counts = await stock.counts(session, [self.offer.event.id])
        wishes = [await stored(self.services, one) for one in self.wishes]
        for tier in self.offer.tiers:
            count = counts.get((self.offer.event.id, tier.id), stock.Count())
            assert count.taken <= most
            assert count.held == sum(one.reserved for one in wishes if one.tier_id == tier.id)
        for one in wishes:
            native = self.offer.terms.charge_mode == "stock_confirmed"
            assert not native or one.reserved or one.status not in ("charging", "needs_action")

    async def check_books(self) -> None:
        """Compare the ledger with the balances at the double, account by account."""
        async with self.services.db.read() as session:
            ours = {
                one.book: one.amount
                for one in await every_balance(session)
                if one.account == "stripe_balance" and one.amount
            }
        theirs = {}
        for book in {PLATFORM, self.account}:
            kept = await self.double.balance(account="" if book == PLATFORM else book)
            amount = sum(sum(each.values()) for each in kept.values())
            if amount:
                theirs[book] = amount
        assert ours == theirs
        seller = PLATFORM if self.offer.club.charge_account == "platform" else self.account
        await check_figures(self.services, self.offer.event.id, seller)


OpenClub = Callable[..., Awaitable[ChargeClub]]


async def open_club(
    services: Services,
    http: httpx2.AsyncClient,
    double: StripeDouble,
    clock: FakeClock,
    *,
    capacity: int | None = 100,
    destination: bool = False,
    club: dict[str, Any] | None = None,
    offer: dict[str, Any] | None = None,
) -> ChargeClub:
    """Make a club of an organizer whose account the double has made ready."""
    account = await double.account(type="express" if destination else "standard")
    _club, offered, _tiers = await make_club_sale(
        services,
        prices={"General": 1_500},
        capacity=capacity,
        club=club,
        offer=offer,
        account=account,
        currency="GBP",
    )
    if destination:
        async with services.db.write() as session:
            await session.execute(update(PaymentAccount).values(charge_type="destination"))
    await double.take_webhooks()
    return ChargeClub(
        services=services,
        http=http,
        double=double,
        clock=clock,
        offer=offered,
        account=account,
        destination=account if destination else "",
    )
