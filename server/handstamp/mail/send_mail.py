"""Queue a mail in the transaction that causes it; a job sends it after commit."""

import json
from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.kit.ids import new_id
from handstamp.mail.models import Mail
from handstamp.plumbing.db import now
from handstamp.plumbing.jobs import enqueue
from handstamp.plumbing.texts import language

TRIES = 3
JOB = "mail.send"


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
