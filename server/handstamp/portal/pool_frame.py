"""What the pages of an event's ticket pool share: the event, filters in the address, names."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData, QueryParams
from starlette.requests import Request

from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.plumbing.web import require_preorders
from handstamp.pool.find_assignments import ORDER_STATES, TICKET_STATES, Filters
from handstamp.portal import pool_words
from handstamp.portal.event_frame import event_of, frame, path_of

LONGEST = 100


def pool_path(event_id: str, tail: str = "") -> str:
    """Return the address of a page of an event's pool."""
    return path_of(event_id, f"/pool{tail}")


async def pool_in(session: AsyncSession, request: Request) -> Event:
    """Return the event in the address, for whoever runs it.

    Raises:
        NotFound: there is none, or it is another organizer's.
        SwitchedOff: pre-orders are switched off.
    """
    require_preorders(request)
    return await event_of(session, request)


async def pool_around(session: AsyncSession, event: Event, part: str) -> dict[str, Any]:
    """Return what the frame of a pool page shows; `part` is the page that is open."""
    return {
        **await frame(session, event, "pool"),
        **await pool_names(session, event),
        "part": part,
        "pool": pool_path(event.id),
    }


async def pool_names(session: AsyncSession, event: Event) -> dict[str, Any]:
    """Return the names that every list of a pool needs."""
    return {
        "tiers": {tier.id: tier for tier in await tiers_of(session, event.id, archived=True)},
        "states": pool_words.states(),
        "tones": pool_words.TONES,
        "deliveries": pool_words.deliveries(),
        "delivery_tones": pool_words.DELIVERY_TONES,
        "hows": pool_words.hows(),
        "order_filters": pool_words.order_filters(),
        "ticket_filters": pool_words.ticket_filters(),
    }


def filters_in(sent: QueryParams | FormData) -> Filters:
    """Read filters from an address or a form; what is none of them is left out."""
    texts = {name: str(sent.get(name, "")).strip()[:LONGEST] for name in
             ("status", "member", "email", "tier")}  # fmt: skip
    status = texts["status"] if texts["status"] in ORDER_STATES + TICKET_STATES else ""
    return Filters(status, texts["member"], texts["email"], texts["tier"])


def filter_query(filters: Filters, **others: str) -> str:
    """Write filters as the end of an address that can be shared, '' without any."""
    members: Mapping[str, str] = {
        "status": filters.status,
        "member": filters.member,
        "email": filters.email,
        "tier": filters.tier_id,
        **others,
    }
    given = {name: value for name, value in members.items() if value}
    return f"?{urlencode(given)}" if given else ""
