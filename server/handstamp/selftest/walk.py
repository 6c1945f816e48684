"""The steps themselves, in order; each returns what it saw, or raises what went wrong."""

from collections.abc import Awaitable, Callable
from functools import partial

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.checkin.validate import Question, validate
from handstamp.checkin.validate_keys import create_key
from handstamp.events.add_tier import add_tier
from handstamp.events.create_event import create_event
from handstamp.events.models import Event
from handstamp.events.publish_event import begin_testing
from handstamp.events.rules import ListTier, least_price
from handstamp.events.save_list import save_list
from handstamp.events.shapes import NewEvent, NewTier
from handstamp.kit.clock import DAY, HOUR
from handstamp.ledger.models import LedgerTransaction
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import render_mail
from handstamp.orders import order_mails
from handstamp.orders.buyers import Buyer
from handstamp.orders.checkout_page import account_of, close_page, destination_of
from handstamp.orders.find_orders import items_of
from handstamp.orders.fulfil_order import fulfil
from handstamp.orders.hold_tickets import hold
from handstamp.orders.models import Order
from handstamp.orders.start_checkout import BuyerDetails, start_checkout
from handstamp.payments.checkout_request import ORDER_MARK
from handstamp.payments.facts import NewCharge, PaymentFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.payment_accounts import selling_account
from handstamp.plumbing.money_text import price
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.refunds.models import Refund
from handstamp.refunds.refund_order import refund_order
from handstamp.selftest.begin import is_test_mode
from handstamp.selftest.models import SelfTest
from handstamp.selftest.put_away import put_away
from handstamp.tickets.find_tickets import tokens_of
from handstamp.tickets.models import Ticket
from handstamp.webhooks.models import StripeEvent

LOOKS = 120  # at half a second each
PRICE = 500
TICKETS = 2
LIST = 1


class WentWrong(Exception):
    """What a step saw that should not be, in plain words."""


class Walk:
    """One run, with what its steps hand on."""

    # What the later steps can do without: a payment is fulfilled here in any case, and a mail
    # that does not go out keeps nobody from the door.
    goes_on_without = ("webhook", "pdf", "mail")

    def __init__(
        self,
        services: Services,
        test: SelfTest,
        email: str,
        pause: Callable[[], Awaitable[None]],
    ) -> None:
        self.services, self.test, self._email, self._pause = services, test, email, pause
        self.made_event: Event | None = None
        self.made_order: Order | None = None
        self._tier = ""
        self._key = ""
        self._paid: PaymentFacts | None = None
        self._tokens: list[str] = []

    async def settings(self) -> str:
        """Are the switches on, and the keys those of the test mode?"""
        of = self.services.settings
        if not is_test_mode(of):
            raise WentWrong(_("STRIPE_SECRET_KEY is no key of Stripe's test mode."))
        missing = [
            name
            for name, there in (
                ("ENABLE_TICKETING", of.enable_ticketing),
                ("ENABLE_TICKETING_CHECKOUT", of.enable_checkout),
                ("ENABLE_TICKETING_SCANNING", of.enable_scanning),
                ("HANDSTAMP_MAIL_URL", of.mail_url or of.demo),
                ("STRIPE_CONNECT_WEBHOOK_SECRET", of.stripe_connect_webhook_secret),
            )
            if not there
        ]
        if missing:
            raise WentWrong(_("Switched off or missing: %(names)s") % {"names": ", ".join(missing)})
        return of.public_url

    async def event(self) -> str:
        """Make the event, a tier, and a list for the door."""
        of = self.services
        now = of.clock()
        async with of.db.write(actor=SYSTEM.id) as session:
            account = await selling_account(session, self.test.organizer_id)
            currency = account.default_currency or "CAD"
            new = NewEvent(
                title="Self-test",
                code="SELF",
                start_at=now + HOUR,
                end_at=now + DAY,
                time_zone="UTC",
                currency=currency,
            )
            made = await create_event(session, of, SYSTEM, self.test.organizer_id, new)
            cost = max(PRICE, least_price(1, currency))
            tier = await add_tier(
                session, of, SYSTEM, made.id, NewTier(name="Self-test", price_cents=cost)
            )
            await save_list(
                session, of, SYSTEM, made.id, name="Self-test", tiers=[ListTier(tier.number)]
            )
            self.made_event = await begin_testing(session, of, SYSTEM, made.id)
            self._tier = tier.id
            # In this transaction, or a run that dies now would leave an event that nobody knows.
            (await session.get_one(SelfTest, self.test.id)).event_id = made.id
        return made.id

    async def hold(self) -> str:
        """Hold tickets as a buyer does."""
        buyer = Buyer(key=self.test.buyer_key, email=self._email)
        held = await hold(self.services, buyer, self._event.id, {self._tier: TICKETS})
        self.made_order = held
        return held.number

    async def page(self) -> str:
        """Give the details, and have Stripe open its page."""
        details = BuyerDetails(self._email, "Self-test", terms=True)
        started = await start_checkout(self.services, self._order.id, details)
        async with self.services.db.read() as session:
            self.made_order = await session.get_one(Order, self._order.id)
        if not started.url and self.services.settings.payment_form == "checkout":
            raise WentWrong(_("Stripe opened no page."))
        return self._order.checkout_session_id or ""

    async def payment(self) -> str:
        """Pay the order with a test card, on the organizer's account."""
        order = self._order
        wanted = NewCharge(
            account=account_of(order),
            destination=destination_of(order),
            currency=order.currency,
            amount=order.total,
            customer_id="",
            payment_method_id="",
            application_fee=order.application_fee,
            description=order.number,
            return_url=f"{self.services.settings.public_url}/tickets/order/{order.id}",
            metadata={ORDER_MARK: order.id},
        )
        key = f"selftest:{self.test.id}"
        self._paid = await gateway(self.services).pay_test_card(wanted, key=key)
        if not self._paid.paid:
            raise WentWrong(_("The payment is “%(status)s”.") % {"status": self._paid.status})
        return f"{price(order.total, order.currency)} · {self._paid.id}"

    async def webhook(self) -> str:
        """Has Stripe told this server of the payment?"""
        assert self._paid is not None
        query = select(StripeEvent.status).where(
            StripeEvent.object_id == self._paid.id, StripeEvent.type == "payment_intent.succeeded"
        )
        seen = await self._until(partial(_first, query), {"done", "dead"})
        if seen != "done":
            told = {"": _("it never came"), "new": _("it waits"), "dead": _("it gave up")}
            raise WentWrong(_("Stripe's event: %(state)s.") % {"state": told.get(seen, seen)})
        return "payment_intent.succeeded"

    async def ticket(self) -> str:
        """Fulfil the order by its payment; close the page that nobody needs."""
        of, order = self.services, self._order
        async with of.db.write(actor=SYSTEM.id) as session:
            outcome = await fulfil(session, of, order, self._paid)
        if outcome == "no_stock":
            raise WentWrong(_("The payment came too late for its tickets."))
        async with of.db.read() as session:
            items = await items_of(session, order)
            query = select(Ticket).where(Ticket.order_id == order.id).order_by(Ticket.id)
            tickets = (await session.scalars(query)).all()
            sale = select(LedgerTransaction.id).where(LedgerTransaction.kind == "sale")
            intent = self._paid.id if self._paid else ""
            booked = await session.scalar(sale.where(LedgerTransaction.ref == intent))
            self._tokens = await tokens_of(session, of, self._event, tickets)
        await close_page(of, order, items)
        if len(tickets) != TICKETS or not booked:
            raise WentWrong(_("Tickets are missing, or the sale is not in the ledger."))
        return ", ".join(ticket.printed_id for ticket in tickets)

    async def pdf(self) -> str:
        """Write the confirmation as it goes out, and draw its tickets."""
        async with self.services.db.read() as session:
            mail = await session.scalar(self._confirmation)
        if mail is None:
            raise WentWrong(_("No confirmation was written."))
        written = await render_mail(self.services, order_mails.PREPARERS, mail)
        files = [part for part in written.attachments if part.media_type == "application/pdf"]
        content = await files[0].make() if files else b""
        if not content.startswith(b"%PDF"):
            raise WentWrong(_("The mail has no PDF with tickets."))
        return _("%(size)s kB") % {"size": len(content) // 1024}

    async def mail(self) -> str:
        """Has the mail server taken the confirmation?"""
        query = self._confirmation.with_only_columns(Mail.status)
        seen = await self._until(partial(_first, query), {"sent", "failed"})
        if seen != "sent":
            async with self.services.db.read() as session:
                mail = await session.scalar(self._confirmation)
            error = mail.error if mail and mail.error else _("it waits for a worker")
            raise WentWrong(_("The mail was not sent: %(error)s") % {"error": error})
        return self._email

    async def door(self) -> str:
        """Scan the first ticket twice."""
        of = self.services
        async with of.db.write(actor=SYSTEM.id) as session:
            event = await session.get_one(Event, self._event.id)
            _device, self._key = await create_key(session, of, SYSTEM, event, name="Self-test")
        seen = [await self._scan(0) for _ in range(2)]
        if seen != ["valid", "already_used"]:
            raise WentWrong(_("The door said: %(verdicts)s") % {"verdicts": ", ".join(seen)})
        return ", ".join(seen)

    async def refund(self) -> str:
        """Give the money back, and scan the ticket that nobody came in with."""
        asked = await refund_order(
            self.services, SYSTEM, self._order.id, note="Self-test", origin="system"
        )
        query = select(Refund.status).where(Refund.id == asked.id)
        seen = await self._until(partial(_first, query), {"succeeded", "failed", "canceled"})
        if seen != "succeeded":
            raise WentWrong(_("The refund is “%(status)s”.") % {"status": seen})
        verdict = await self._scan(1)
        if verdict != "refunded":
            raise WentWrong(_("The door said: %(verdicts)s") % {"verdicts": verdict})
        return verdict

    async def clean(self) -> str:
        """Put everything away, also what a step that failed left behind."""
        await put_away(self.services, self.test.id)
        return ""

    @property
    def _event(self) -> Event:
        assert self.made_event is not None
        return self.made_event

    @property
    def _order(self) -> Order:
        assert self.made_order is not None
        return self.made_order

    @property
    def _confirmation(self) -> Select[Mail]:
        about = order_mails.about(self._order.id)
        return select(Mail).where(Mail.about == about, Mail.kind == "order_confirmation").limit(1)

    async def _scan(self, place: int) -> str:
        question = Question(self._tokens[place], LIST, operator="Self-test")
        answer = await validate(self.services, self._key, question)
        return str(answer["verdict"])

    async def _until(self, look: Callable[[AsyncSession], Awaitable[str]], ended: set[str]) -> str:
        """Look again and again until something has ended; return what was seen last."""
        seen = ""
        for _look in range(LOOKS):
            async with self.services.db.read() as session:
                seen = await look(session)
            if seen in ended:
                return seen
            await self._pause()
        return seen


async def _first(query: Select[str], session: AsyncSession) -> str:
    return str(await session.scalar(query.limit(1)) or "")
