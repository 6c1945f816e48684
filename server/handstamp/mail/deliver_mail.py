"""The job that sends one mail: read, hand over outside any transaction, note the outcome."""

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.models import Mail
from handstamp.mail.render_mail import Preparers, render_mail, to_message
from handstamp.mail.transport import MailDelayed, MailRefused, transport_of
from handstamp.plumbing.jobs import GiveUp, Handler, JobContext
from handstamp.plumbing.metrics import MAILS


def deliver_with(preparers: Preparers) -> Handler:
    """Return the handler of `mail.send` for these kinds of mail.

    A mail is handed over at least once: when the outcome cannot be written, it goes again
    under the same Message-ID.
    """

    async def deliver_mail(ctx: JobContext) -> None:
        async with ctx.services.db.read() as session:
            mail = await _mail(session, ctx.args["mail"])
        if mail.status == "queued":
            await _hand_over(ctx, preparers, mail)
        async with ctx.write() as session:
            await _note(session, mail.id, "sent", ctx.job.attempt, "", ctx.services.clock())
            await ctx.acknowledge(session)
        MAILS.labels(kind=mail.kind, outcome="sent").inc()

    return deliver_mail


async def _hand_over(ctx: JobContext, preparers: Preparers, mail: Mail) -> None:
    rendered = await render_mail(ctx.services, preparers, mail)
    try:
        message = to_message(ctx.services, mail, rendered)
        await transport_of(ctx.services.settings).send(message)
    except MailRefused as error:
        await _failed(ctx, mail, str(error))
        raise GiveUp(f"refused with {error}") from error
    except MailDelayed as error:
        if ctx.is_last_attempt:
            await _failed(ctx, mail, str(error))
        raise


async def _failed(ctx: JobContext, mail: Mail, error: str) -> None:
    async with ctx.write() as session:
        await _note(session, mail.id, "failed", ctx.job.attempt, error, None)
    MAILS.labels(kind=mail.kind, outcome="failed").inc()


async def _note(  # noqa: PLR0917
    session: AsyncSession, mail_id: str, status: str, attempts: int, error: str, sent: int | None
) -> None:
    mail = await _mail(session, mail_id)
    mail.status, mail.attempts, mail.error, mail.sent_at = status, attempts, error or None, sent


async def _mail(session: AsyncSession, mail_id: str) -> Mail:
    return (await session.execute(select(Mail).where(Mail.id == mail_id))).scalar_one()
