"""Send what still waits to another address: the one it was for was wrong."""

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.models import Mail


async def redirect_mails(session: AsyncSession, about: str, to: str) -> None:
    """Give every mail about something that is not sent yet another address."""
    waiting = update(Mail).where(Mail.about == about, Mail.status == "queued", Mail.to_email != to)
    await session.execute(waiting.values(to_email=to).execution_options(synchronize_session=False))
