"""One field over orders, buyers, tickets, pre-orders, members, who waits and mails: for support."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    and_,
    case,
    cast,
    false,
    func,
    literal,
    or_,
    select,
    true,
)
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import InstrumentedAttribute

from handstamp.clubs.models import Club, ClubMember
from handstamp.events.models import Event
from handstamp.mail.models import Mail
from handstamp.notices.models import Notice
from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import BadInput, NotFound
from handstamp.plumbing.search import found_in
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.preorders.models import PreOrder
from handstamp.refunds.models import Dispute, Refund
from handstamp.support.found import Found, Hit, MailHit, shown_email
from handstamp.support.rules import PER_KIND, Wanted, read_words
from handstamp.tickets.models import Ticket
from handstamp.tickets.printed_id import serial_of
from handstamp.waitlist.models import Waiting

_Column = InstrumentedAttribute[Any]
_ABOUT = {"order": Order, "preorder": PreOrder}
_OF_EVENTS = {"ticket": Ticket, "waiting": Waiting, "notice": Notice}


async def find_anything(session: AsyncSession, actor: Actor, typed: str) -> Found:
    """Return what fits the words among all whose organizers the actor helps.

    A whole address, a number, a printed id, an id of Stripe's, or a part of a name. What is typed
    whole goes by index, and a number that there is stands for itself. Parts of addresses are looked
    for only where the actor runs the organizer; others see them masked.

    Raises:
        NotFound: the actor helps no organizer.
        BadInput: too little was typed.
    """
    if actor.kind != "admin" and not actor.organizers:
        raise NotFound(_("There is nothing here that you may see."))
    wanted = read_words(typed)
    if wanted is None:
        raise BadInput(
            _("Type at least two letters."), errors=[{"field": "q", "message": "too short"}]
        )
    if not wanted.email and not wanted.stripe_id:
        whole = _Search(session, actor, wanted, numbered=True)
        known = [*await whole.orders(), *await whole.preorders(), *await whole.tickets()]
        if known:
            return Found(known, (), sorted(whole.more))
    asked = _Search(session, actor, wanted)
    hits = [*await asked.orders(), *await asked.preorders()]
    if not wanted.stripe_id:
        hits += [*await asked.tickets(), *await asked.members(), *await asked.waiting()]
    return Found(hits, await asked.mails(), sorted(asked.more))


class _Search:
    """Looks for what is wanted; `numbered`: for whole numbers, and nothing else."""

    def __init__(
        self, session: AsyncSession, actor: Actor, wanted: Wanted, *, numbered: bool = False
    ) -> None:
        self.session, self.actor, self.wanted, self.numbered = session, actor, wanted, numbered
        self.more: set[str] = set()

    async def orders(self) -> list[Hit]:
        columns = (
            Order.id, Order.number, Order.name, Order.email, Event.title, Order.status,
            Order.created_at, Event.time_zone, Order.organizer_id,
        )  # fmt: skip
        query = select(*columns).join(Event, Event.id == Order.event_id)
        fits = self._fits(Order.organizer_id, Order.email, Order.number, Order.name, Order.id)
        if self.numbered:
            fits = self._is_number(Order.number, Order.id)
        if self.wanted.stripe_id:
            fits = Order.id.in_(self._of_stripe("order", Order.checkout_session_id))
        return await self._hits("order", query, Order.organizer_id, fits, Order.created_at)

    async def preorders(self) -> list[Hit]:
        columns = (
            PreOrder.id, PreOrder.number, PreOrder.name, PreOrder.email, Event.title,
            PreOrder.status, PreOrder.created_at, Event.time_zone, PreOrder.organizer_id,
        )  # fmt: skip
        query = select(*columns).join(Event, Event.id == PreOrder.event_id)
        owner = PreOrder.organizer_id
        fits = self._fits(owner, PreOrder.email, PreOrder.number, PreOrder.name, PreOrder.id)
        if self.numbered:
            fits = self._is_number(PreOrder.number, PreOrder.id)
        if self.wanted.stripe_id:
            fits = PreOrder.id.in_(self._of_stripe("preorder", PreOrder.setup_session_id))
        return await self._hits("preorder", query, owner, fits, PreOrder.created_at)

    async def tickets(self) -> list[Hit]:
        columns = (
            Ticket.id, Ticket.printed_id, Ticket.holder_name, Ticket.holder_email, Event.title,
            Ticket.status, Ticket.created_at, Event.time_zone, Event.organizer_id,
        )  # fmt: skip
        query = select(*columns).join(Event, Event.id == Ticket.event_id)
        texts = (Ticket.holder_name, Ticket.order_ref, Ticket.external_id)
        fits = self._fits(Event.organizer_id, Ticket.holder_email, *texts)
        if self.wanted.email:
            fits = Ticket.id.in_(self._held_under(self.wanted.email))
        if self.numbered:
            fits = Ticket.id.in_(self._numbered_tickets())
        return await self._hits("ticket", query, Event.organizer_id, fits, Ticket.created_at)

    async def members(self) -> list[Hit]:
        columns = (
            ClubMember.id, ClubMember.email, ClubMember.name, ClubMember.email, Club.name,
            ClubMember.status, ClubMember.invited_at, Club.time_zone, Club.organizer_id,
        )  # fmt: skip
        query = select(*columns).join(Club, Club.id == ClubMember.club_id)
        fits = self._fits(Club.organizer_id, ClubMember.email, ClubMember.name)
        found = await self._hits("member", query, Club.organizer_id, fits, ClubMember.invited_at)
        return [Hit(**{**vars(hit), "number": ""}) for hit in found]

    async def waiting(self) -> list[Hit]:
        columns = (
            Waiting.id, literal(""), literal(""), Waiting.email, Event.title, Waiting.status,
            Waiting.since, Event.time_zone, Event.organizer_id,
        )  # fmt: skip
        query = select(*columns).join(Event, Event.id == Waiting.event_id)
        fits = self._fits(Event.organizer_id, Waiting.email)
        return await self._hits("waiting", query, Event.organizer_id, fits, Waiting.since)

    async def mails(self) -> list[MailHit]:
        """Return the mails to a whole address that are about something of these organizers."""
        if not self.wanted.email:
            return []
        theirs = or_(
            *(self._about(kind, model) for kind, model in _ABOUT.items()),
            *(self._about_event(kind, model) for kind, model in _OF_EVENTS.items()),
        )
        newest = (
            select(Mail)
            .where(Mail.to_email == self.wanted.email, theirs)
            .order_by(Mail.created_at.desc(), Mail.id.desc())
            .limit(PER_KIND + 1)
        )
        found = (await self.session.scalars(newest)).all()
        self._note("mail", found)
        return [
            MailHit(
                one.id, one.kind, one.to_email, one.status, one.delivery,
                one.sent_at or one.created_at, *_subject(one.about),
            )
            for one in found[:PER_KIND]
        ]  # fmt: skip

    def _about(self, kind: str, model: Any) -> ColumnElement[bool]:
        """Tell whether a mail is about one of theirs, asked for this mail alone."""
        its = func.substr(Mail.about, len(kind) + 2)
        mine = select(model.id).where(model.id == its, self._mine(model.organizer_id))
        return and_(Mail.about.startswith(f"{kind}:"), mine.exists())

    def _about_event(self, kind: str, model: Any) -> ColumnElement[bool]:
        """Tell the same of what belongs to one of their events."""
        is_one = Mail.about.startswith(f"{kind}:")
        its: Any = func.substr(Mail.about, len(kind) + 2)
        if model is Ticket:  # the text of any other mail is no number
            its = case((is_one, cast(its, BigInteger)), else_=None)
        mine = select(model.id).join(Event, Event.id == model.event_id)
        mine = mine.where(model.id == its, self._mine(Event.organizer_id))
        return and_(is_one, mine.exists())

    def _is_number(self, number: _Column, id_: _Column) -> ColumnElement[bool]:
        by_number = select(id_).where(number == self.wanted.words.upper())
        return id_.in_(by_number.union(select(id_).where(id_ == self.wanted.words)))

    def _numbered_tickets(self) -> Select[Any]:
        """Select the tickets of an order's number, or those of a printed id or its last part."""
        serial = serial_of(self.wanted.words)
        if serial is None:
            orders = select(Order.id).where(self._is_number(Order.number, Order.id))
            return select(Ticket.id).where(Ticket.order_id.in_(orders))
        events = select(Event.id).where(self._mine(Event.organizer_id))
        return select(Ticket.id).where(Ticket.event_id.in_(events), Ticket.serial == serial)

    def _held_under(self, email: str) -> Select[Any]:
        """Select the tickets under an address; those of files may have capital letters in it."""
        stored, small = Ticket.holder_email, func.lower(Ticket.holder_email)
        mixed = select(Ticket.id).where(stored != small, small == email)
        return select(Ticket.id).where(stored == email).union(mixed)  # type: ignore[return-value]

    def _mine(self, owner: _Column) -> ColumnElement[bool]:
        return true() if self.actor.kind == "admin" else owner.in_(list(self.actor.organizers))

    def _run(self, owner: _Column) -> ColumnElement[bool]:
        """Tell of which organizers the actor sees addresses."""
        if self.actor.kind == "admin":
            return true()
        return owner.in_(self.actor.managed) if self.actor.managed else false()

    def _fits(self, owner: _Column, email: _Column, *texts: _Column) -> ColumnElement[bool]:
        if self.wanted.email:  # ids first: asked for the newest, SQLite walks all of a team's
            row_id: _Column = email.class_.id
            return row_id.in_(select(row_id).where(email == self.wanted.email))
        words = self.wanted.words
        by_address = and_(self._run(owner), found_in(words, email))
        return or_(found_in(words, *texts), by_address) if texts else by_address

    def _of_stripe(self, kind: str, page: _Column) -> Select[Any]:
        """Select the ids of what a payment, refund, dispute or page of Stripe's was for."""
        asked = self.wanted.stripe_id
        either = (Refund.order_id, Dispute.order_id)
        if kind == "preorder":
            either = (Refund.preorder_id, Dispute.preorder_id)
        paid = (Payment.payment_intent_id == asked) | (Payment.charge_id == asked)
        union = (
            select(Payment.subject_id).where(Payment.subject_kind == kind, paid),
            select(either[0]).where(Refund.stripe_refund_id == asked, either[0].is_not(None)),
            select(either[1]).where(Dispute.id == asked, either[1].is_not(None)),
        )
        first = select(page.class_.id).where(page == asked)
        return first.union(*union)  # type: ignore[return-value]

    async def _hits(
        self,
        kind: str,
        query: Select[*tuple[Any, ...]],
        owner: _Column,
        fits: ColumnElement[bool],
        at: _Column,
    ) -> list[Hit]:
        newest = query.where(self._mine(owner), fits).order_by(at.desc()).limit(PER_KIND + 1)
        rows = (await self.session.execute(newest)).all()
        self._note(kind, rows)
        return [self._hit(kind, *row) for row in rows[:PER_KIND]]

    def _hit(self, kind: str, id_: Any, number: str, name: str, email: str, *rest: Any) -> Hit:
        shown = shown_email(self.actor, rest[-1], email)
        return Hit(kind, str(id_), number, name, shown, *rest)

    def _note(self, kind: str, rows: Sequence[Any]) -> None:
        if len(rows) > PER_KIND:
            self.more.add(kind)


def _subject(about: str) -> tuple[str, str]:
    kind, _sep, id_ = about.partition(":")
    return kind, id_
