"""Forget who pre-ordered: open wishes end, cards go, what was paid stays without a name."""

from collections.abc import Sequence

from sqlalchemy import ColumnElement, delete, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.clubs.find_clubs import club_event
from handstamp.mail.addresses import erased_address
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import rules, store
from handstamp.preorders.change_status import let_go
from handstamp.preorders.models import PreOrder, PushSubscription, SavedCard, StripeCustomer
from handstamp.preorders.saved_cards import DETACH_JOB

MONEY_OPEN = ("charging", "needs_action", "paid", "waiting_for_stock", "refund_failed")
_QUIET = {"synchronize_session": False}


def preorders_of(person: Person) -> ColumnElement[bool]:
    """Return what makes a pre-order somebody's."""
    by_email = func.lower(PreOrder.email) == person.email
    return or_(by_email, PreOrder.user_id == person.user_id) if person.user_id else by_email


async def locked_preorders(session: AsyncSession, person: Person) -> list[PreOrder]:
    """Return a person's pre-orders, locked: none can be charged until this has ended."""
    return await store.locked(session, preorders_of(person))


def why_not_forget(preorders: Sequence[PreOrder]) -> list[str]:
    """Say which pre-orders are being charged, or are paid and have no ticket yet."""
    return [_reason(one) for one in preorders if one.status in MONEY_OPEN]


def _reason(preorder: PreOrder) -> str:
    if preorder.status in ("charging", "needs_action"):
        text = _("Pre-order %(number)s is being charged. Wait until that has ended.")
    elif preorder.status == "refund_failed":
        text = _("The refund of pre-order %(number)s failed. Give the money back first.")
    else:
        text = _("Pre-order %(number)s is paid and has no ticket yet. Refund it, or wait for one.")
    return text % {"number": preorder.number}


async def forget_preorders(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    person: Person,
    preorders: Sequence[PreOrder],
) -> list[str]:
    """Mask a person's pre-orders and forget their cards and browsers.

    Stripe is told to forget the cards by jobs. Returns by which ids Stripe knows what was theirs.
    """
    for preorder in preorders:
        if preorder.status in rules.UNCHARGED:
            terms = await club_event(session, preorder.club_id, preorder.event_id)
            await let_go(session, services, terms, preorder, "cancelled", actor=actor, erased=True)
        preorder.email, preorder.name = erased_address(), ""
        preorder.card_brand = preorder.card_last4 = ""
    await session.flush()
    known = [
        one
        for each in preorders
        for one in (each.setup_session_id, each.setup_intent_id, each.payment_intent_id)
        if one
    ]
    return known + (await _forget_account(session, services, person) if person.user_id else [])


async def _forget_account(session: AsyncSession, services: Services, person: Person) -> list[str]:
    await session.execute(
        delete(PushSubscription)
        .where(PushSubscription.user_id == person.user_id)
        .execution_options(**_QUIET)
    )
    query = select(SavedCard).where(SavedCard.user_id == person.user_id).order_by(SavedCard.id)
    for card in await session.scalars(query):
        card.brand = card.last4 = card.expires = ""
        if card.removed_at is None:
            card.removed_at = services.clock()
            await enqueue(session, DETACH_JOB, {"card": card.id}, dedupe=f"detach:{card.id}")
    await session.flush()
    customers = await session.scalars(
        delete(StripeCustomer)
        .where(StripeCustomer.user_id == person.user_id)
        .returning(StripeCustomer.customer_id)
    )
    known = sorted(customers)
    await session.execute(
        update(PreOrder)
        .where(PreOrder.user_id == person.user_id)
        .values(customer_id="")
        .execution_options(**_QUIET)
    )
    return known
