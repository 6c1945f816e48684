"""Queue a mail in the transaction that causes it; a job sends it after commit."""

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.clock import Millis
from handstamp.kit.ids import new_id
from handstamp.mail.models import Mail
from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import NewJob, enqueue, enqueue_many
from handstamp.plumbing.texts import language

TRIES = 3
JOB = "mail.send"


class NewMail(NamedTuple):
    """One mail for `queue_mails`; the fields are those of `queue_mail`."""

    to: str
    args: Mapping[str, Any]
    about: str
    language: str


async def queue_mail(
    session: AsyncSession, kind: str, to: str, args: Mapping[str, Any], *, about: str = ""
) -> str:
    """Queue one mail in the language of the request and return its id.

    Args:
        kind: the folder of the message in `mail/messages`.
        args: ids from which the text is made at sending; never a credential in the clear.
        about: what the mail is found by later, such as "order:ord_…".
    """
    mail = Mail(
        id=new_id("mail"),
        kind=kind,
        to_email=to,
        args_json=json.dumps({**args, "language": language()}),
        about=about,
        created_at=now(session),
    )
    session.add(mail)
    await session.flush()
    await enqueue(session, JOB, {"mail": mail.id}, max_attempts=TRIES)
    return mail.id


async def queue_mails(
    session: AsyncSession, kind: str, mails: Sequence[NewMail], *, run_at: Millis | None = None
) -> list[str]:
    """Queue many mails of one kind in two statements; return their ids in the order given.

    `run_at`: none is sent before; None is at once.
    """
    at = now(session)
    rows = [
        {
            "id": new_id("mail"),
            "kind": kind,
            "to_email": mail.to,
            "args_json": json.dumps({**mail.args, "language": mail.language}),
            "about": mail.about,
            "status": "queued",
            "attempts": 0,
            "delivery": "",
            "created_at": at,
        }
        for mail in mails
    ]
    if rows:
        await (await session.connection()).execute(insert(Mail), rows)
        jobs = [NewJob({"mail": row["id"]}, max_attempts=TRIES, run_at=run_at) for row in rows]
        await enqueue_many(session, JOB, jobs)
    return [str(row["id"]) for row in rows]
