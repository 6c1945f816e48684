"""Offers inside the transaction of an order: taken, given back, bought; each by one condition.

An offer that is taken and one that ends are the same row: whoever changes it first has it, and
what it held is held by exactly one of the two.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.waitlist import store, waitlist_mails
from handstamp.waitlist.models import WaitOffer


@dataclass(frozen=True)
class Offered:
    """An offer as the hold of its order knows it."""

    id: str
    event_id: str
    tier_id: str
    qty: int
    status: str
    expires_at: Millis

    def stands(self, now: Millis) -> bool:
        """Tell whether it can be taken."""
        return self.status == "open" and now < self.expires_at


def offers_on(connection: Connection, offer_ids: Sequence[str]) -> dict[str, Offered]:
    """Return offers by id, on a plain connection."""
    if not offer_ids:
        return {}
    return {
        row.id: Offered(row.id, row.event_id, row.tier_id, row.qty, row.status, row.expires_at)
        for row in store.offers_on(connection, offer_ids)
    }


def kept_for_list(connection: Connection, event_id: str, now: Millis) -> dict[str, int]:
    """Return by tier ('' is any) with how few tickets somebody who waits can be served."""
    return store.least_on(connection, event_id, now)


def take(connection: Connection, offer_id: str, qty: int, now: Millis) -> bool:
    """Let an order hold, from now on, `qty` of what an offer holds; False when it has ended.

    The caller moves the stock: less by all that the offer held, more by what the order holds.
    """
    values = {"status": "ordered", "qty": qty}
    return store.change_offer(connection, offer_id, ["open"], values, WaitOffer.expires_at > now)


def give_back(connection: Connection, offer_id: str, now: Millis) -> bool:
    """Tell whether the offer of an order that closes unpaid holds its tickets again.

    It does while its time is not over; else it ends, and the caller gives the stock back.
    """
    still = WaitOffer.expires_at > now
    if store.change_offer(connection, offer_id, ["ordered"], {"status": "open"}, still):
        return True
    ended = {"status": "expired", "closed_at": now}
    if store.change_offer(connection, offer_id, ["ordered"], ended):
        store.change_of_offer(connection, offer_id, {"status": "missed", "closed_at": now})
    return False


async def give_back_in(session: AsyncSession, offer_id: str | None, now: Millis) -> bool:
    """Do what `give_back` does in a session's transaction; no offer is given back as none.

    Whoever misses their offer by it is told by mail.
    """
    if offer_id is None:
        return False
    await session.flush()
    connection = await session.connection()
    still = bool(await connection.run_sync(give_back, offer_id, now))
    offer = None if still else await store.offer(session, offer_id)
    person = await store.waiting(session, offer.waiting_id) if offer else None
    if person is not None and person.status == "missed" and person.closed_at == now:
        await waitlist_mails.queue_missed(session, person)
    return still


async def note_bought(session: AsyncSession, offer_id: str | None, now: Millis) -> bool:
    """Note that the order of an offer is paid; tell whether the offer itself still held the stock.

    That is so when a payment arrives after its order was closed: then the caller takes the stock
    over from the offer, and need not find it anew.
    """
    if offer_id is None:
        return False
    await session.flush()
    connection = await session.connection()
    return bool(await connection.run_sync(_bought, offer_id, now))


def _bought(connection: Connection, offer_id: str, now: Millis) -> bool:
    values = {"status": "bought", "closed_at": now}
    held = store.change_offer(connection, offer_id, ["open"], values)
    if held or store.change_offer(connection, offer_id, ["ordered"], values):
        store.change_of_offer(connection, offer_id, {"status": "bought", "closed_at": now})
    return held
