"""Write down what became of mails that were to be sent, in the transaction that ends their jobs."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import case, update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.models import Mail
from handstamp.mail.note_delivery import note_delivery
from handstamp.mail.prepared import Follow, arguments
from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import JobContext, acknowledge_all
from handstamp.plumbing.metrics import MAILS


class Outcome(NamedTuple):
    """A mail as it was read, its job, and what became of it: sent or dropped."""

    ctx: JobContext
    mail: Mail
    status: str


async def note_outcomes(followers: Mapping[str, Follow], found: Sequence[Outcome]) -> None:
    """End the jobs of mails and note these, all in one transaction.

    A job that is another worker's by now changes nothing; nor does a mail that was noted before.
    """
    async with found[0].ctx.write() as session:
        kept = await acknowledge_all(session, [one.ctx for one in found])
        ids = {ctx.job.id for ctx in kept}
        alike: dict[tuple[str, str, int], list[Mail]] = defaultdict(list)
        for ctx, mail, status in found:
            if ctx.job.id in ids and mail.status == "queued":
                alike[mail.kind, status, ctx.job.attempt].append(mail)
        for (kind, status, attempt), mails in alike.items():
            await _note(session, mails, status, attempt)
            await _tell(session, followers.get(kind), mails, status)


async def note_failed(
    ctx: JobContext, followers: Mapping[str, Follow], mail: Mail, error: str, *, refused: bool
) -> None:
    """Note that a mail will not be sent; its job is left to the worker."""
    async with ctx.write() as session:
        await _note(session, [mail], "failed", ctx.job.attempt, error)
        if refused:
            await note_delivery(session, mail.id, "bounced", now(session))
        await _tell(session, followers.get(mail.kind), [mail], "failed")
    MAILS.labels(kind=mail.kind, outcome="failed").inc()


async def _tell(
    session: AsyncSession, follow: Follow | None, mails: Sequence[Mail], outcome: str
) -> None:
    if follow is not None:
        await follow(session, {mail.id: arguments(mail) for mail in mails}, outcome)


async def _note(
    session: AsyncSession, mails: Sequence[Mail], status: str, attempts: int, error: str = ""
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
        .where(Mail.id.in_(sorted(mail.id for mail in mails)))
        .values(values)
        .execution_options(synchronize_session=False)
    )
