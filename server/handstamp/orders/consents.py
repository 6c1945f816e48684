"""What a person has agreed to be mailed about, and taking it back."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.orders import store
from handstamp.orders.models import Consent
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Actor


async def consents_of(session: AsyncSession, email: str) -> Sequence[Consent]:
    """Return what an address has agreed to; the caller has made sure that it is who asks."""
    return await store.consents(session, email) if email else []


async def withdraw_consent(session: AsyncSession, actor: Actor, organizer_id: str) -> bool:
    """Take back that an organizer may write to the actor; tell whether there was a consent."""
    if not actor.email or not await store.withdraw(
        session, actor.email, organizer_id, now(session)
    ):
        return False
    await record(
        session, actor, "consent.withdraw", "organizer", organizer_id, organizer_id=organizer_id
    )
    return True
