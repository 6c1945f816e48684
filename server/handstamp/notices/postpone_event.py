"""Giving an event a new date: its own times move along, and everybody is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs.move_offers import check_move, move_offers
from handstamp.events.edit_event import edit_event
from handstamp.events.find_events import hold_event, lists_of, owned_event, tiers_of
from handstamp.events.models import Event
from handstamp.events.move_times import copy_lists, move_sales
from handstamp.events.shapes import EventChange
from handstamp.kit.clock import Millis
from handstamp.notices.tell_holders import add_notice, count_readers, count_unpaid
from handstamp.orders.models import Order
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.waitlist.find_waiting import count_in_line

LONGEST = 5_000


@dataclass(frozen=True)
class PostponeLook:
    """What a new date would do: the event's new times, by how much all moves, and who is told.

    `told` counts addresses; among them may be the owners of `preorders` that are not charged yet,
    and `listed`, who wait or have an offer. `sales_ends`, `windows` and `deadlines`: how many
    tiers' ends of sales, lists' entry windows and clubs' deadlines for tickets move along.
    `refund_until`: until when money could be asked back then, None where there is no deadline.
    """

    start_at: Millis
    end_at: Millis
    by: Millis
    told: int
    preorders: int
    listed: int
    sales_ends: int
    windows: int
    deadlines: int
    refund_until: Millis | None


@dataclass(frozen=True)
class Postponed:
    """An event with its new date; `by` 0: it had that date already, and nobody was told."""

    event: Event
    by: Millis
    told: int


async def look_at_postponing(
    session: AsyncSession,
    event: Event,
    now: Millis,
    *,
    start_at: Millis,
    refund_until: Millis | None,
) -> PostponeLook:
    """Return what moving an event that the actor runs would do; nobody is told of no change.

    Raises:
        BadInput: the times cannot be, or the event would begin before members' cards are charged.
        Conflict: the event is cancelled.
    """
    by = _moved_by(event, now, start_at=start_at, refund_until=refund_until)
    tiers = await tiers_of(session, event.id) if by else []
    lists = await lists_of(session, event.id) if by else []
    return PostponeLook(
        start_at=start_at,
        end_at=event.end_at + by,
        by=by,
        told=await count_readers(session, event.id, "postponed") if by else 0,
        preorders=await count_unpaid(session, event.id) if by else 0,
        listed=await count_in_line(session, event.id) if by else 0,
        sales_ends=sum(tier.sales_end_at is not None for tier in tiers),
        windows=sum(any(_has_window(tier) for tier in one.rules["tiers"]) for one in lists),
        deadlines=await check_move(session, event, by) if by else 0,
        refund_until=event.refund_until if refund_until is None or not by else refund_until,
    )


async def postpone_event(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    event_id: str,
    *,
    start_at: Millis,
    refund_until: Millis | None,
    message: str = "",
) -> Postponed:
    """Move an event to another start; it lasts as long as before.

    Entry windows of its lists, the ends of sales and clubs' deadlines move along. Tickets stay
    valid. Each holder gets one mail with the new calendar file; whose pre-order is not charged
    yet, and who waits for a ticket, is told too. `refund_until`: until when they may ask for their
    money, None leaves the event's deadline as it is. The same start again changes nothing.

    Raises:
        NotFound: it is not the actor's.
        BadInput: as `look_at_postponing`.
        Conflict: the event is cancelled.
    """
    await owned_event(session, actor, event_id)
    await hold_event(session, event_id)
    event = await owned_event(session, actor, event_id)
    now = services.clock()
    by = _moved_by(event, now, start_at=start_at, refund_until=refund_until)
    if not by:
        return Postponed(event, 0, 0)
    await move_offers(session, event, by, now)
    change = {"start_at": start_at, "end_at": event.end_at + by}
    if refund_until is not None:
        change["refund_until"] = refund_until
    await edit_event(session, services, actor, event.id, EventChange.model_validate(change))
    await copy_lists(session, services, actor, event.id, event.id, by=by)
    await move_sales(session, event.id, by)
    reminded = update(Order).where(Order.event_id == event.id, Order.reminded_at.is_not(None))
    await session.execute(
        reminded.values(reminded_at=None).execution_options(synchronize_session=False)
    )
    event = await owned_event(session, actor, event.id)
    notice = await add_notice(
        session, actor, event, "postponed", subject="", body=message[:LONGEST], at=now
    )
    await record(
        session, actor, "event.postpone", "event", event.id,
        organizer_id=event.organizer_id, meta={"by": by, "told": notice.total},
    )  # fmt: skip
    return Postponed(event, by, notice.total)


def _moved_by(
    event: Event, now: Millis, *, start_at: Millis, refund_until: Millis | None
) -> Millis:
    if event.status == "cancelled":
        raise Conflict(_("A cancelled event stays cancelled. Duplicate it to sell it anew."))
    by = start_at - event.start_at
    if by and start_at <= now:
        raise _wrong("start_at", _("The new date must be to come."))
    if by and refund_until is not None and not now < refund_until <= start_at:
        raise _wrong("refund_until", _("Refunds must end before the new date, and later than now."))
    return by


def _has_window(tier: Mapping[str, Any]) -> bool:
    return tier["from"] is not None or tier["until"] is not None


def _wrong(field: str, message: str) -> BadInput:
    return BadInput(message, errors=[{"field": field, "message": message}])
