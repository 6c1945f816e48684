"""The job that sends one mail: read, hand over outside any transaction, note the outcome."""

import json
from typing import Any

from sqlalchemy import case, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.addresses import BadAddress, is_erased
from handstamp.mail.build_message import build_message
from handstamp.mail.models import Mail
from handstamp.mail.note_delivery import note_delivery
from handstamp.mail.prepared import Follow, Followers, NoLongerWanted, Preparers
from handstamp.mail.render_mail import render_mail
from handstamp.mail.transport import MailDelayed, MailRefused, transport_of
from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import GiveUp, Handler, JobContext
from handstamp.plumbing.metrics import MAILS


def deliver_with(preparers: Preparers, followers: Followers | None = None) -> Handler:
    """Return the handler of `mail.send` for these kinds of mail.

    `followers` are told, by kind, what became of a mail, in the transaction that notes it.
    A mail is handed over at least once: when the outcome cannot be written, it goes again
    under the same Message-ID.
    """

    told = followers or {}

    async def deliver_mail(ctx: JobContext) -> None:
        async with ctx.services.db.read() as session:
            mail = await _mail(session, ctx.args["mail"])
        status = mail.status
        if status == "queued":
            status = await _hand_over(ctx, preparers, mail, told.get(mail.kind))
        async with ctx.write() as session:
            await _note(session, mail.id, status, ctx.job.attempt)
            if mail.status == "queued":
                await _tell(session, told.get(mail.kind), mail, status)
            await ctx.acknowledge(session)
        MAILS.labels(kind=mail.kind, outcome=status).inc()

    return deliver_mail


async def _hand_over(
    ctx: JobContext, preparers: Preparers, mail: Mail, follow: Follow | None
) -> str:
    if is_erased(mail.to_email):
        return "dropped"
    try:
        rendered = await render_mail(ctx.services, preparers, mail)
        message = await build_message(ctx.services, mail, rendered)
        await transport_of(ctx.services.settings).send(message)
    except NoLongerWanted:
        return "dropped"
    except (MailRefused, BadAddress) as error:
        await _failed(ctx, mail, str(error), follow, refused=True)
        raise GiveUp(f"refused with {error}") from error
    except MailDelayed as error:
        if ctx.is_last_attempt:
            await _failed(ctx, mail, str(error), follow, refused=False)
        raise
    return "sent"


async def _failed(
    ctx: JobContext, mail: Mail, error: str, follow: Follow | None, *, refused: bool
) -> None:
    async with ctx.write() as session:
        await _note(session, mail.id, "failed", ctx.job.attempt, error)
        if refused:
            await note_delivery(session, mail.id, "bounced", now(session))
        await _tell(session, follow, mail, "failed")
    MAILS.labels(kind=mail.kind, outcome="failed").inc()


async def _tell(session: AsyncSession, follow: Follow | None, mail: Mail, outcome: str) -> None:
    if follow is not None:
        await follow(session, mail.id, json.loads(mail.args_json), outcome)


async def _note(
    session: AsyncSession, mail_id: str, status: str, attempts: int, error: str = ""
) -> None:
    values: dict[str, Any] = {"status": status, "attempts": attempts, "error": error or None}
    if status == "sent":  # what the provider has told already is later than this
        at, fresh = now(session), Mail.delivery == ""
        values |= {
            "sent_at": at,
            "delivery": case((fresh, "sent"), else_=Mail.delivery),
            "delivery_at": case((fresh, at), else_=Mail.delivery_at),
        }
    await session.execute(
        update(Mail)
        .where(Mail.id == mail_id)
        .values(values)
        .execution_options(synchronize_session=False)
    )


async def _mail(session: AsyncSession, mail_id: str) -> Mail:
    return (await session.execute(select(Mail).where(Mail.id == mail_id))).scalar_one()
