"""What this server knows of a disputed sale, gathered for whoever must answer the bank."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.auth.find_profile import Profile, profile_of
from handstamp.checkin.find_admissions import admissions_of
from handstamp.checkin.scan_log import ScanRow, scans_of
from handstamp.events.find_events import lists_of, owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.kit.clock import Millis
from handstamp.mail.find_mails import MailView, mails_about_any
from handstamp.orders.models import Order
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor
from handstamp.preorders.models import PreOrder
from handstamp.refunds import store
from handstamp.refunds.find_disputes import DisputeView
from handstamp.refunds.models import Dispute, Refund
from handstamp.refunds.step import about
from handstamp.tickets.models import Ticket


@dataclass(frozen=True)
class Sale:
    """What was bought, by whom and when. `lines`: (number of tickets, tier, minor units of all).

    `agreed`: what a member agreed to when the card was saved, at `agreed_at`; of an order
    `agreed_at` is when its buyer accepted the terms. `card`: "Visa 4242", where it is known.
    """

    kind: str
    number: str
    name: str
    email: str
    placed_at: Millis
    lines: Sequence[tuple[int, str, int]]
    total: int
    agreed_at: Millis | None
    agreed: str = ""
    card: str = ""


@dataclass(frozen=True)
class Entry:
    """That a ticket was let in: on which list, how often, and the scan that counts."""

    list_name: str
    at: Millis
    times: int
    scan: ScanRow | None


@dataclass(frozen=True)
class Held:
    """A ticket of the sale, and where it was let in."""

    ticket: Ticket
    tier: str
    entries: Sequence[Entry]


@dataclass(frozen=True)
class Evidence:
    """All of it; mails and refunds the oldest first. `policy`: the refund policy as of today."""

    view: DisputeView
    event: Event
    profile: Profile
    payment: Payment
    sale: Sale
    tickets: Sequence[Held]
    mails: Sequence[MailView]
    refunds: Sequence[Refund]
    policy: str


async def gather_evidence(
    session: AsyncSession, actor: Actor, event_id: str, dispute_id: str
) -> Evidence:
    """Return what is known of a disputed sale; that it was handed out is recorded.

    Raises:
        NotFound: the event has no such dispute, or the actor does not run it.
    """
    event = await owned_event(session, actor, event_id)
    found = await store.dispute_of_event(session, event.id, dispute_id)
    if found is None:
        raise NotFound(_("There is no such dispute in this event."))
    dispute, number = found
    profile = await profile_of(session, event.organizer_id)
    sale, tickets = await _sold(session, dispute)
    names = [f"{sale.kind}:{dispute.order_id or dispute.preorder_id}"]
    names += [f"ticket:{one.id}" for one in tickets]
    mails = await mails_about_any(session, names)
    await record(
        session,
        actor,
        "dispute.evidence",
        "dispute",
        dispute.id,
        organizer_id=event.organizer_id,
        meta=about(dispute),
    )
    return Evidence(
        view=DisputeView(dispute, number),
        event=event,
        profile=profile,
        payment=await store.payment(session, dispute.payment_id),
        sale=sale,
        tickets=await _held(session, event, tickets),
        mails=[mail for mail in reversed(mails) if mail.status != "dropped"],
        refunds=await store.refunds_of_payment(session, dispute.payment_id),
        policy=event.refund_policy or profile.refund_policy,
    )


async def _sold(session: AsyncSession, dispute: Dispute) -> tuple[Sale, Sequence[Ticket]]:
    if dispute.preorder_id:
        wish = await store.preorder(session, dispute.preorder_id)
        assert wish is not None, "a dispute is of something"
        ticket = await store.ticket(session, wish.ticket_id) if wish.ticket_id else None
        return _wish(wish), [ticket] if ticket else []
    order = await store.order(session, dispute.order_id or "")
    assert order is not None, "a dispute is of something"
    return await _order(session, order), await store.tickets(session, order.id)


def _wish(wish: PreOrder) -> Sale:
    return Sale(
        kind="preorder",
        number=wish.number,
        name=wish.name,
        email=wish.email,
        placed_at=wish.confirmed_at or wish.created_at,
        lines=[(1, wish.tier_name, wish.total)],
        total=wish.total,
        agreed_at=wish.mandate_at,
        agreed=wish.mandate_text,
        card=f"{wish.card_brand.capitalize()} {wish.card_last4}".strip(),
    )


async def _order(session: AsyncSession, order: Order) -> Sale:
    lines = await store.lines(session, order.id)
    return Sale(
        kind="order",
        number=order.number,
        name=order.name,
        email=order.email,
        placed_at=order.placed_at or order.created_at,
        lines=[(line.qty, line.tier_name, line.total) for line in lines],
        total=order.total,
        agreed_at=order.terms_at,
    )


async def _held(session: AsyncSession, event: Event, tickets: Sequence[Ticket]) -> list[Held]:
    serials = [ticket.serial for ticket in tickets]
    let_in = await admissions_of(session, event.id, serials)
    scans = {
        (scan.device_id, scan.number): scan
        for scan in (await scans_of(session, event.id, set(let_in)) if let_in else [])
    }
    lists = {one.number: one.name for one in await lists_of(session, event.id, archived=True)}
    tiers = {one.id: one.name for one in await tiers_of(session, event.id, archived=True)}
    held = []
    for ticket in tickets:
        entries = [
            Entry(
                list_name=lists.get(one.list_no, ""),
                at=one.admitted_at,
                times=one.entries,
                scan=scans.get((one.winner_device or 0, one.winner_number or 0)),
            )
            for one in let_in.get(ticket.serial, [])
            if one.admitted_at is not None
        ]
        held.append(Held(ticket, tiers.get(ticket.tier_id, ""), entries))
    return held
