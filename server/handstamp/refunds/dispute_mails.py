"""What an organizer's team is told of a dispute: it is open, and once more near the deadline."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.kit.clock import Millis
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.local_time import day_and_time, zone_note
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import format_language
from handstamp.plumbing.web import Services
from handstamp.refunds import store
from handstamp.refunds.dispute_reasons import reason_name
from handstamp.refunds.models import Dispute
from handstamp.refunds.rules import dispute_stage, waits_for_answer
from handstamp.refunds.sold_as import sold_as
from handstamp.refunds.tell_team import tell_team

OPENED, REMINDER = "dispute_opened", "dispute_reminder"


async def tell_opened(session: AsyncSession, dispute: Dispute, organizer_id: str) -> None:
    """Queue the mail that a bank asks for something."""
    await _tell(session, OPENED, dispute, organizer_id)


async def tell_again(session: AsyncSession, dispute: Dispute, organizer_id: str) -> None:
    """Queue the mail that the deadline is near; once a dispute."""
    if not await store.was_mailed(session, REMINDER, about(dispute)):
        await _tell(session, REMINDER, dispute, organizer_id)


def about(dispute: Dispute) -> str:
    """Return what the mails of a dispute are found by."""
    return f"dispute:{dispute.id}"


async def _tell(session: AsyncSession, kind: str, dispute: Dispute, organizer_id: str) -> None:
    args = {"dispute": dispute.id, "stage": dispute_stage(dispute.status)}
    await tell_team(session, kind, organizer_id, args, about=about(dispute))


async def prepare(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what is told: how much, of which order, why, and until when.

    Raises:
        NoLongerWanted: it is answered or closed, or the bank's question has become more.
    """
    async with services.db.read() as session:
        dispute = await store.dispute(session, str(args["dispute"]))
        if (
            dispute is None
            or not waits_for_answer(dispute.status)
            or dispute_stage(dispute.status) != args["stage"]
        ):
            raise NoLongerWanted
        number, event, _page = await sold_as(session, dispute)
        profile = await profile_of(session, event.organizer_id)
    page = f"{services.settings.public_url}/tickets/organizer/events/{event.id}/disputes"
    return Prepared(
        {
            "title": one_line(event.title),
            "organizer": one_line(profile.name),
            "contact": "",
            "amount": money(dispute.amount, dispute.currency),
            "number": number,
            "reason": reason_name(dispute.reason),
            "asked": args["stage"] == "asked",
            "until": _until(dispute.respond_by, event.time_zone),
            "by_platform": not dispute.account,
            "link": page,
            "brand": brand(""),
            "brand_ink": ink_on(brand("")),
        }
    )


def _until(at: Millis | None, zone: str) -> str:
    if at is None:
        return ""
    return f"{day_and_time(at, zone, format_language())} ({zone_note(at, zone)})"


PREPARERS: dict[str, Prepare] = {OPENED: prepare, REMINDER: prepare}
