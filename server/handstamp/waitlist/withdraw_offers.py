"""Ending offers that hold tickets: what they held is free again, and who had one is told."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.plumbing.web import Services
from handstamp.tickets import stock
from handstamp.waitlist import rules, store, waitlist_mails
from handstamp.waitlist.models import WaitOffer


async def end_offers(
    session: AsyncSession, found: Sequence[WaitOffer], status: str, now: Millis
) -> list[WaitOffer]:
    """End those offers that are still open and give their stock back; return which those were.

    The caller holds the list locked.
    """
    connection = await session.connection()
    values = {"status": status, "closed_at": now}
    ended = [
        offer
        for offer in found
        if await connection.run_sync(store.change_offer, offer.id, ["open"], values)
    ]
    moves = [stock.Move(one.event_id, one.tier_id, held=-one.qty) for one in ended]
    stock.later(session, moves)
    return ended


async def withdraw_offer(session: AsyncSession, waiting_id: str, now: Millis) -> WaitOffer | None:
    """End the open offer of somebody, whose list the caller holds locked, and return it.

    None: they had none, or an order holds it. Whether to tell them is the caller's to know.
    """
    found = (await store.offers_of(session, [waiting_id])).get(waiting_id)
    if found is None or found.status != "open":
        return None
    return next(iter(await end_offers(session, [found], "withdrawn", now)), None)


async def put_back(session: AsyncSession, offer: WaitOffer) -> None:
    """Let somebody whose offer was ended before its time wait again, and tell them."""
    back = {"status": "waiting", "closed_at": None}
    if await store.change_waiting(session, offer.waiting_id, ["offered"], back):
        person = await store.waiting(session, offer.waiting_id)
        if person is not None:
            await waitlist_mails.queue_withdrawn(session, person, offer)


async def call_offers_back(session: AsyncSession, services: Services, event_id: str) -> int:
    """End every open offer of an event that has no room for them; people keep their places.

    Each of them gets a mail. Returns how many offers that were.
    """
    await store.waitlist(session, event_id, lock=True)
    found = await store.open_offers(session, event_id, None, rules.MOST_WAITING)
    ended = await end_offers(session, found, "withdrawn", services.clock())
    for offer in ended:
        await put_back(session, offer)
    return len(ended)
