"""The mail that brings a ticket from elsewhere: its credential is read when it is sent.

What waits holds the assignment's id alone. It is sent only while the ticket is its member's and
the pre-order is paid for; each assignment has one such mail, until somebody sends it again.
"""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import Follow, NoLongerWanted, Part, Prepare, Prepared
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.plumbing.web import Services
from handstamp.pool.mailed_credential import credential_to_mail
from handstamp.pool.models import Assignment
from handstamp.pool.note_mailed import note_mailed, note_sent
from handstamp.preorders.given_back import given_back
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import about, gather, values_of
from handstamp.tickets.qr_codes import qr_png

POOL_TICKET = "pool_ticket"
PICTURE = "code"
SCALE = 8


async def queue_credentials(
    session: AsyncSession, given: Sequence[tuple[PreOrder, Assignment]]
) -> list[str]:
    """Queue the mail of each assignment that has none yet; return the ids of the new ones.

    The caller has locked the assignments.
    """
    due = [(preorder, one) for preorder, one in given if one.mail_id is None]
    mails = [
        NewMail(preorder.email, {"assignment": one.id}, about(preorder.id), preorder.language)
        for preorder, one in due
    ]
    ids = await queue_mails(session, POOL_TICKET, mails)
    for (_preorder, one), mail_id in zip(due, ids, strict=True):
        one.mail_id, one.delivery_status = mail_id, ""
    await session.flush()
    return ids


async def prepare_credential(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the ticket's e-mail and password, and its code, if it has one, as a picture too.

    Raises:
        NoLongerWanted: the ticket is not its member's any more, or the money goes back.
    """
    async with services.db.read() as session:
        found = await credential_to_mail(session, services, str(args["assignment"]))
        if found is None or await given_back(session, [found.demand_id]):
            raise NoLongerWanted
    known = await gather(services, {"preorder": found.demand_id})
    if known.preorder.status != "fulfilled" or known.preorder.paid_at is None:
        raise NoLongerWanted
    credential = found.credential
    values = {
        **values_of(services, known),
        "event_name": one_line(known.event.title),
        "variant": one_line(known.preorder.tier_name),
        "ticket_email": credential.email,
        "ticket_password": credential.password,
        "ticket_code": credential.code,
        "picture": PICTURE,
    }
    code = (Part(PICTURE, "image/png", partial(_code, credential.code)),)
    return Prepared(
        values,
        inline=code if credential.code else (),
        sender=known.profile.name,
        reply_to=known.profile.contact_email,
    )


async def follow_mail(
    session: AsyncSession, mail_id: str, args: Mapping[str, Any], outcome: str
) -> None:
    """Note on the assignment what became of its mail: sent, failed or dropped."""
    if outcome == "sent":
        await note_sent(session, str(args["assignment"]), mail_id)
    elif outcome == "failed":
        await note_mailed(session, mail_id, "delivery_failed")


PREPARERS: dict[str, Prepare] = {POOL_TICKET: prepare_credential}
FOLLOWERS: dict[str, Follow] = {POOL_TICKET: follow_mail}


async def _code(code: str) -> bytes:
    return qr_png(code, scale=SCALE)
