"""Which mails went out about something, and what became of each."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.mail.models import Mail

NEWEST = 50
NOT_ARRIVED = ("bounced", "complained")


@dataclass(frozen=True)
class MailView:
    """One mail. `status`: queued, sent, failed or dropped; `delivery`: see `note_delivery`."""

    id: str
    about: str
    kind: str
    to_email: str
    status: str
    delivery: str
    attempts: int
    created_at: Millis
    sent_at: Millis | None
    delivery_at: Millis | None

    @property
    def arrived(self) -> bool | None:
        """Tell whether it reached its reader; None while that is not known."""
        if self.delivery in NOT_ARRIVED or self.status == "failed":
            return False
        return True if self.delivery == "delivered" else None


async def mails_about(session: AsyncSession, about: str) -> list[MailView]:
    """Return the newest mails about one thing ("order:ord_…"), newest first."""
    return await _views(session, [about], NEWEST)


async def mails_about_any(session: AsyncSession, abouts: Sequence[str]) -> list[MailView]:
    """Return the newest mails about some things, newest first."""
    return await _views(session, abouts, NEWEST * len(abouts)) if abouts else []


async def undelivered(session: AsyncSession, abouts: Sequence[str]) -> list[MailView]:
    """Return the mails about some things that did not reach their readers, newest first."""
    found = await mails_about_any(session, abouts)
    return [mail for mail in found if mail.arrived is False]


async def _views(session: AsyncSession, abouts: Sequence[str], limit: int) -> list[MailView]:
    newest = (
        select(Mail)
        .where(Mail.about.in_(abouts))
        .order_by(Mail.created_at.desc(), Mail.id.desc())
        .limit(limit)
    )
    return [_view(mail) for mail in (await session.execute(newest)).scalars()]


def _view(mail: Mail) -> MailView:
    return MailView(
        id=mail.id,
        about=mail.about,
        kind=mail.kind,
        to_email=mail.to_email,
        status=mail.status,
        delivery=mail.delivery,
        attempts=mail.attempts,
        created_at=mail.created_at,
        sent_at=mail.sent_at,
        delivery_at=mail.delivery_at,
    )
