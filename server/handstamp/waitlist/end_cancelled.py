"""The waiting list of a cancelled event: offers end, nobody waits any more, everybody hears why."""

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.waitlist import rules, store, waitlist_mails
from handstamp.waitlist.withdraw_offers import end_offers


async def end_cancelled(session: AsyncSession, event_id: str, now: Millis, limit: int) -> bool:
    """End the next piece of a list that the caller holds locked; tell whether more may be left.

    Who pays for an offer at this moment is left until that order has closed. Whose waiting ends
    here is mailed in the same transaction, so the same again tells nobody twice.
    """
    offers = await store.open_offers(session, event_id, None, limit)
    await end_offers(session, offers, "withdrawn", now)
    found = await store.without_hope(session, event_id, limit)
    values = {"status": "cancelled", "closed_at": now}
    told = [
        person
        for person in found
        if await store.change_waiting(session, person.id, rules.WAITING, values)
    ]
    await waitlist_mails.queue_cancelled(session, told)
    return limit in (len(offers), len(found))
