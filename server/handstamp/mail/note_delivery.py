"""What became of a mail after it left: said by the provider, in any order, more than once."""

from typing import Any, cast

from sqlalchemy import CursorResult, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.mail.models import Mail

ORDER = ("", "sent", "delivered", "bounced", "complained")


async def note_delivery(session: AsyncSession, mail_id: str, delivery: str, at: Millis) -> bool:
    """Write down how far a mail came; what is known to be later is never taken back.

    Args:
        delivery: sent, delivered, bounced or complained.

    Returns:
        whether that was news; not when no such mail is ours.
    """
    before = ORDER[: ORDER.index(delivery)]
    done = await session.execute(
        update(Mail)
        .where(Mail.id == mail_id, Mail.delivery.in_(before))
        .values(delivery=delivery, delivery_at=at)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", done).rowcount > 0
