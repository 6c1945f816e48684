"""What somebody has chosen in the pool's list: asked back with how many, and then done."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from handstamp.checkin.mark_used import AT_ONCE, mark_used
from handstamp.events.models import Event
from handstamp.plumbing.errors import Conflict, NotFound, TooMany
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import Actor, Services
from handstamp.pool.find_assignments import (
    TICKET_STATES,
    Filters,
    PoolRow,
    find_orders,
    rows_of_tickets,
)
from handstamp.portal.pool_frame import filters_in
from handstamp.preorders.resend_credentials import resend_credentials

MOST = AT_ONCE
VERBS = ("resend", "used")


@dataclass(frozen=True)
class Picked:
    """What was chosen: ids of tickets that are with somebody, in the order of service.

    `skipped`: chosen, but not possible this way. `more`: fit the filters beyond the most that
    one act takes.
    """

    verb: str
    tickets: list[str] = field(default_factory=list)
    skipped: int = 0
    more: bool = False
    everything: bool = False
    filters: Filters = field(default_factory=Filters)


async def picked_by(session: AsyncSession, actor: Actor, event: Event, sent: FormData) -> Picked:
    """Read what a form has chosen: rows by their boxes, or all that fit its filters."""
    verb, filters = str(sent.get("do", "")), filters_in(sent)
    everything = bool(sent.get("everything"))
    if verb not in VERBS:
        return Picked(verb, filters=filters)
    chosen = filters if everything else Filters()
    if chosen.status in TICKET_STATES:
        return Picked(verb, filters=filters)
    wanted = {str(one) for one in sent.getlist("id")[:MOST]}
    if everything:
        found = await find_orders(session, actor, event, chosen, limit=MOST + 1)
    else:
        found = await rows_of_tickets(session, event, sorted(wanted))
    fitting = [row.ticket_id for row in found[:MOST] if row.ticket_id and _fits(row, verb)]
    return Picked(
        verb=verb,
        tickets=fitting,
        skipped=len(found[:MOST]) - len(fitting),
        more=len(found) > MOST,
        everything=everything,
        filters=filters,
    )


def _fits(row: PoolRow, verb: str) -> bool:
    return row.state == "assigned" or (verb == "resend" and row.state == "used")


@dataclass
class Outcome:
    """How many were done now, and why how many others were not, in words."""

    done: int = 0
    others: Counter[str] = field(default_factory=Counter)

    @property
    def tone(self) -> str:
        """The colour of the notice."""
        return "warn" if self.others else "good"


async def act(services: Services, actor: Actor, picked: Picked) -> Outcome:
    """Do it to each of them; what cannot be done stops nothing else.

    Raises:
        NotFound: one of them is not theirs (or was erased since); nothing was done.
    """
    if picked.verb == "used":
        return await _use(services, actor, picked.tickets)
    return await _resend(services, actor, picked.tickets)


async def _resend(services: Services, actor: Actor, tickets: Sequence[str]) -> Outcome:
    found = Outcome()
    for ticket_id in tickets:
        try:
            await resend_credentials(services, actor, ticket_id)
        except TooMany:
            found.others[_("mailed too often of late")] += 1
        except (Conflict, NotFound):
            found.others[_("not handed over")] += 1
        else:
            found.done += 1
    return found


async def _use(services: Services, actor: Actor, tickets: Sequence[str]) -> Outcome:
    found = Outcome()
    names = {
        "already": _("used already"),
        "not_assigned": _("with nobody, or not handed over yet"),
        "ended": _("refunded or cancelled"),
        "being_admitted": _("just being let in by a phone"),
    }
    for marked in await mark_used(services, actor, tickets):
        if marked.outcome == "used":
            found.done += 1
        else:
            found.others[names[marked.outcome]] += 1
    return found


def said(verb: str, found: Outcome) -> str:
    """Say what was done, and what could not be."""
    told = {
        "resend": ngettext(
            "%(num)s ticket is mailed again.", "%(num)s tickets are mailed again.", found.done
        ),
        "used": ngettext(
            "%(num)s ticket is marked as used.", "%(num)s tickets are marked as used.", found.done
        ),
    }[verb] % {"num": found.done}
    if not found.others:
        return told
    others = ", ".join(f"{number} {why}" for why, number in sorted(found.others.items()))
    return f"{told} {_('Not possible:')} {others}."
