"""The fields by which the list of orders and its export are narrowed down."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlencode

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.discounts.find_codes import codes_of
from handstamp.events.find_events import tiers_of
from handstamp.events.models import Event
from handstamp.orders.filter_orders import NAMES, OrderFilter, read_filter
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.web import Actor
from handstamp.portal import words


def asked_of(query: Mapping[str, Any]) -> dict[str, str]:
    """Return what is asked for, under the names that stand in addresses; nothing empty."""
    asked = {name: str(query.get("q" if name == "words" else name, "")) for name in NAMES}
    return {name: text.strip()[:100] for name, text in asked.items() if text.strip()}


def again(asked: Mapping[str, str]) -> str:
    """Return what is asked for as the query of an address."""
    return urlencode({"q" if name == "words" else name: text for name, text in asked.items()})


def wanted_of(asked: Mapping[str, str]) -> tuple[OrderFilter, str]:
    """Read what is asked for, and say what of it cannot be read; then nothing is asked for."""
    try:
        return read_filter(asked), ""
    except BadInput as error:
        return OrderFilter(), str(error)


async def fields_of(
    session: AsyncSession, actor: Actor, event: Event, asked: Mapping[str, str]
) -> dict[str, Any]:
    """Return what the fields offer, and what stands in them."""
    tiers = await tiers_of(session, event.id, archived=True)
    return {
        "asked": asked,
        "status_names": words.order_statuses(),
        "origins": words.order_origins(),
        "tier_names": {tier.id: tier.name for tier in tiers},
        "code_names": {code.id: code.code for code in await codes_of(session, actor, event.id)},
    }
