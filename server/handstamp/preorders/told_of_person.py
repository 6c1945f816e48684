"""What is kept of a person's pre-orders, cards and browsers."""

from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_person import Person
from handstamp.events.models import Event
from handstamp.preorders.forget_person import preorders_of
from handstamp.preorders.models import PreOrder, PushSubscription, SavedCard

_AS_STORED = (
    "number", "tier_name", "week", "email", "name", "language", "status", "currency", "price",
    "discount", "fee", "tax", "taxes_json", "total", "card_brand", "card_last4", "mandate_text",
    "mandate_at", "created_at", "confirmed_at", "paid_at", "fulfilled_at", "closed_at",
)  # fmt: skip


async def preorders_told(session: AsyncSession, person: Person) -> dict[str, Any]:
    """Return a person's pre-orders, saved cards (the last digits) and browsers that are told."""
    return {
        "pre_orders": await _preorders(session, person),
        "cards": await _cards(session, person.user_id),
        "browsers": await _browsers(session, person.user_id),
    }


async def _preorders(session: AsyncSession, person: Person) -> list[dict[str, Any]]:
    query = (
        select(PreOrder, Event.title)
        .join(Event, Event.id == PreOrder.event_id)
        .where(preorders_of(person))
        .order_by(PreOrder.created_at, PreOrder.id)
    )
    return [
        {"event": event, **{name: getattr(one, name) for name in _AS_STORED}}
        for one, event in (await session.execute(query)).all()
    ]


async def _cards(session: AsyncSession, user_id: str) -> list[dict[str, Any]]:
    query = select(SavedCard).where(SavedCard.user_id == user_id).order_by(SavedCard.created_at)
    names = ("brand", "last4", "expires", "created_at", "removed_at")
    return [{name: getattr(one, name) for name in names} for one in await session.scalars(query)]


async def _browsers(session: AsyncSession, user_id: str) -> list[dict[str, Any]]:
    table = PushSubscription
    query = select(table).where(table.user_id == user_id).order_by(table.created_at)
    names = ("endpoint", "created_at", "last_used_at")
    return [{name: getattr(one, name) for name in names} for one in await session.scalars(query)]
