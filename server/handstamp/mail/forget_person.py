"""Forget to whom mails went; those that still wait are not sent."""

from sqlalchemy import case, func, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.addresses import erased_address
from handstamp.mail.models import Mail


async def forget_mails(session: AsyncSession, email: str) -> None:
    """Mask the address of every mail to it, and drop what the mails refer to."""
    await session.execute(
        update(Mail)
        .where(func.lower(Mail.to_email) == email)
        .values(
            to_email=erased_address(),
            args_json="{}",
            error=None,
            status=case((Mail.status == "queued", "dropped"), else_=Mail.status),
        )
        .execution_options(synchronize_session=False)
    )
