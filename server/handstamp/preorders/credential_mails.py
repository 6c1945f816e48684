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

from handstamp.kit.clock import SECOND, Millis
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import Follow, Gather, NoLongerWanted, Part, Prepare, Prepared, Ready
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.plumbing.db import now
from handstamp.plumbing.web import Services
from handstamp.pool.assign_tickets import AT_ONCE
from handstamp.pool.mailed_credential import ToMail, credentials_to_mail
from handstamp.pool.models import Assignment
from handstamp.pool.note_mailed import note_mailed, note_sent
from handstamp.preorders import store
from handstamp.preorders.given_back import given_back
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import Gathered, about, gather_of, values_of
from handstamp.preorders.preorder_receipt import receipt_if_paid
from handstamp.tickets.qr_codes import qr_png

POOL_TICKET = "pool_ticket"
PICTURE = "code"
SCALE = 8
FRESH_S = 2.0  # ten thousand mails of one event would read it ten thousand times
MOST_KEPT = 100
HEAD_START: Millis = 6 * SECOND  # a full piece is followed by others: assigning goes before mailing


async def queue_credentials(
    session: AsyncSession, given: Sequence[tuple[PreOrder, Assignment]]
) -> list[str]:
    """Queue the mail of each assignment that has none yet; return the ids of the new ones.

    The caller has locked the assignments. Mails of a full piece of a run wait some seconds, so
    that the processors assign the rest of a large file first.
    """
    due = [(preorder, one) for preorder, one in given if one.mail_id is None]
    mails = [
        NewMail(preorder.email, {"assignment": one.id}, about(preorder.id), preorder.language)
        for preorder, one in due
    ]
    run_at = now(session) + HEAD_START if len(due) >= AT_ONCE else None
    ids = await queue_mails(session, POOL_TICKET, mails, run_at=run_at)
    for (_preorder, one), mail_id in zip(due, ids, strict=True):
        one.mail_id, one.delivery_status = mail_id, ""
    await session.flush()
    return ids


async def prepare_credential(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return the ticket's e-mail and password, its code, if any, as a picture too, and a receipt.

    Raises:
        NoLongerWanted: the ticket is not its member's any more, or the money goes back.
    """
    (ready,) = await gather_credentials(services, [args])
    return ready()


async def gather_credentials(services: Services, mails: Sequence[Mapping[str, Any]]) -> list[Ready]:
    """Read what many mails carry, each if it is still due: assigned, paid, no money on its way."""
    ids = [str(args["assignment"]) for args in mails]
    async with services.db.read() as session:
        found = await credentials_to_mail(session, services, set(ids))
        wanted = {one.demand_id for one in found.values()}
        fulfilled = PreOrder.status == "fulfilled", PreOrder.paid_at.is_not(None)
        read = await store.by_id(session, wanted, *fulfilled)
        back = await given_back(session, [preorder.id for preorder in read])
        due = {one.id: await _known(session, services, one) for one in read if one.id not in back}
    return [partial(_made, services, due, found.get(one)) for one in ids]


def _made(services: Services, due: Mapping[str, Gathered], to_mail: ToMail | None) -> Prepared:
    known = due.get(to_mail.demand_id) if to_mail else None
    if to_mail is None or known is None:
        raise NoLongerWanted
    credential = to_mail.unseal()
    values = {
        **values_of(services, known),
        "event_name": one_line(known.event.title),
        "variant": one_line(known.preorder.tier_name),
        "ticket_email": credential.email,
        "ticket_password": credential.password,
        "ticket_code": credential.code,
        "picture": PICTURE,
        "receipt": receipt_if_paid(known.preorder, known.profile, known.event.time_zone),
    }
    code = (Part(PICTURE, "image/png", partial(_code, credential.code)),)
    return Prepared(
        values,
        inline=code if credential.code else (),
        sender=known.profile.name,
        reply_to=known.profile.contact_email,
    )


async def follow_mails(
    session: AsyncSession, mails: Mapping[str, Mapping[str, Any]], outcome: str
) -> None:
    """Note on the assignments what became of their mails: sent, failed or dropped."""
    if outcome == "sent":
        await note_sent(session, {one: str(args["assignment"]) for one, args in mails.items()})
    elif outcome == "failed":
        for mail_id in mails:
            await note_mailed(session, mail_id, "delivery_failed")


PREPARERS: dict[str, Prepare] = {POOL_TICKET: prepare_credential}
GATHERERS: dict[str, Gather] = {POOL_TICKET: gather_credentials}
FOLLOWERS: dict[str, Follow] = {POOL_TICKET: follow_mails}


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
