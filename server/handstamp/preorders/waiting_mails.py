"""The mail to who has paid while no ticket is there yet: it follows, or the money goes back."""

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs.find_clubs import club_event
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import NewMail, queue_mails
from handstamp.plumbing.local_time import day_and_time, zone_note
from handstamp.plumbing.texts import format_language
from handstamp.plumbing.web import Services
from handstamp.preorders.models import PreOrder
from handstamp.preorders.preorder_mails import about, gather, prepared, values_of
from handstamp.preorders.preorder_receipt import receipt_if_paid
from handstamp.preorders.store import IN_ONE

WAITING = "preorder_waiting"


async def queue_waiting(session: AsyncSession, preorders: Sequence[PreOrder]) -> None:
    """Queue the mail for pre-orders that the caller has locked; each is told once, ever."""
    told = await _told(session, [about(one.id) for one in preorders])
    fresh = [one for one in preorders if about(one.id) not in told]
    mails = [NewMail(one.email, {"preorder": one.id}, about(one.id), one.language) for one in fresh]
    await queue_mails(session, WAITING, mails)


async def _told(session: AsyncSession, abouts: Sequence[str]) -> set[str]:
    found: set[str] = set()
    for start in range(0, len(abouts), IN_ONE):
        some = Mail.about.in_(abouts[start : start + IN_ONE])
        found.update(await session.scalars(select(Mail.about).where(some, Mail.kind == WAITING)))
    return found


async def prepare_waiting(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what is paid, with its receipt, and until when a ticket is waited for.

    Raises:
        NoLongerWanted: the ticket has come meanwhile, or the money went back.
    """
    found = await gather(services, args)
    preorder, zone = found.preorder, found.event.time_zone
    if preorder.status != "waiting_for_stock":
        raise NoLongerWanted
    async with services.db.read() as session:
        terms = await club_event(session, preorder.club_id, preorder.event_id)
    until = terms.ticket_deadline_at
    told = (
        f"{day_and_time(until, zone, format_language())} ({zone_note(until, zone)})"
        if until
        else ""
    )
    receipt = receipt_if_paid(preorder, found.profile, zone)
    return prepared(found, {**values_of(services, found), "until": told, "receipt": receipt})


PREPARERS: dict[str, Prepare] = {WAITING: prepare_waiting}
