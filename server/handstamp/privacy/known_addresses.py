"""Every place where a person's e-mail stands, and whom of them a set of hashes means."""

from collections.abc import Collection
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.models import LoginCode, User
from handstamp.clubs.models import ClubMember
from handstamp.mail.addresses import is_erased
from handstamp.mail.models import Mail
from handstamp.orders.models import Consent, Order
from handstamp.plumbing.config import Settings
from handstamp.pool.models import AssignmentLog, Demand, PoolTicket
from handstamp.preorders.models import PreOrder
from handstamp.privacy.hash_email import email_hash
from handstamp.tickets.models import Ticket
from handstamp.waitlist.models import Waiting

ADDRESSES: Final[tuple[Any, ...]] = (
    User.email,
    LoginCode.email,
    Mail.to_email,
    Ticket.holder_email,
    Order.email,
    Consent.email,
    ClubMember.email,
    PreOrder.email,
    Demand.email,
    PoolTicket.email,
    AssignmentLog.email,
    Waiting.email,
)


async def addresses_of(
    session: AsyncSession, settings: Settings, hashes: Collection[str]
) -> dict[str, str]:
    """Return the addresses that stand anywhere and have one of these hashes, by hash."""
    found: dict[str, str] = {}
    seen: set[str] = set()
    for column in ADDRESSES:
        rows = await session.stream_scalars(select(func.lower(column)).distinct())
        async for address in rows:
            if not address or address in seen or is_erased(address):
                continue
            seen.add(address)
            hashed = email_hash(settings, address)
            if hashed in hashes:
                found[hashed] = address
    return found
