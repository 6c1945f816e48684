"""The mail that brings a ticket from elsewhere: its credential is read when it is sent.

What waits holds the assignment's id alone. It is sent only while the ticket is its member's and
the pre-order is paid for; each assignment has one such mail, until somebody sends it again.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
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
from handstamp.preorders import store
from handstamp.preorders.given_back import given_back
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import Gathered, about, gather_of, values_of
from handstamp.tickets.qr_codes import qr_png

POOL_TICKET = "pool_ticket"
PICTURE = "code"
SCALE = 8
FRESH_S = 2.0  # ten thousand mails of one event would read it ten thousand times
MOST_KEPT = 100


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
        preorder = await store.preorder(session, found.demand_id) if found else None
        if found is None or preorder is None or not await _is_due(session, preorder):
            raise NoLongerWanted
        known = await _known(session, services, preorder)
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


async def _is_due(session: AsyncSession, preorder: PreOrder) -> bool:
    if preorder.status != "fulfilled" or preorder.paid_at is None:
        return False
    return not await given_back(session, [preorder.id])


async def _known(session: AsyncSession, services: Services, preorder: PreOrder) -> Gathered:
    """Return the pre-order with its event, club and organizer, read at most two seconds ago."""
    kept: dict[tuple[str, str], tuple[float, Gathered]]
    kept = services.rooms.setdefault("preorders.mailed", {})
    key = (preorder.event_id, preorder.club_id)
    moment = asyncio.get_running_loop().time()
    read_at, found = kept.get(key, (0.0, None))
    if found is None or moment - read_at > FRESH_S:
        found = await gather_of(session, preorder)
        if len(kept) >= MOST_KEPT:
            kept.clear()
        kept[key] = (moment, found)
    return replace(found, preorder=preorder)


async def _code(code: str) -> bytes:
    return qr_png(code, scale=SCALE)
