"""Which pre-orders somebody has chosen to decide, asked back with their sum, and then decided."""

from collections import Counter
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.datastructures import FormData

from handstamp.events.models import Event
from handstamp.plumbing.texts import _, ngettext
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders.approve_preorders import Decided, approve, deny, withdraw_approval
from handstamp.preorders.find_preorders import preorders_by_id, preorders_of_event
from handstamp.preorders.models import PreOrder
from handstamp.preorders.rules import MOST_AT_ONCE

READ_AT_ONCE = 500
Decide = Callable[[AsyncSession, Services, Actor, str, Collection[str]], Awaitable[Decided]]
_VERBS: dict[str, tuple[Decide, tuple[str, ...]]] = {
    "approve": (approve, ("pending",)),
    "deny": (deny, ("pending", "approved")),
    "withdraw": (withdraw_approval, ("approved",)),
}


@dataclass(frozen=True)
class Chosen:
    """What was chosen: ids in the order of confirmation, and their sum in minor units.

    `skipped`: chosen, but not to be decided this way. `tiers`: how many want which, by name.
    """

    verb: str
    ids: list[str] = field(default_factory=list)
    total: int = 0
    skipped: int = 0
    tiers: Counter[str] = field(default_factory=Counter)
    everything: bool = False
    filters: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Done:
    """How many were decided now, and why how many others could not be (by code)."""

    count: int
    refused: Counter[str]

    @property
    def tone(self) -> str:
        """The colour of the notice."""
        return "warn" if self.refused else "good"


async def chosen_by(session: AsyncSession, actor: Actor, event: Event, sent: FormData) -> Chosen:
    """Read what a form has chosen: rows by their boxes, or all that fit its filters."""
    verb = str(sent.get("do", ""))
    if verb not in _VERBS:
        return Chosen(verb)
    statuses = _VERBS[verb][1]
    filters = {name: str(sent.get(name, ""))[:100] for name in ("q", "status", "club")}
    everything = bool(sent.get("everything"))
    if everything:
        found = await _all(session, actor, event, statuses, filters)
    else:
        ids = [str(one) for one in sent.getlist("id")][:MOST_AT_ONCE]
        found = list((await preorders_by_id(session, event.id, ids)).values())
    fitting = [one for one in found if one.status in statuses]
    fitting.sort(key=lambda one: (one.confirmed_at or 0, one.id))
    return Chosen(
        verb=verb,
        ids=[one.id for one in fitting],
        total=sum(one.total for one in fitting),
        skipped=len(found) - len(fitting),
        tiers=Counter(one.tier_name for one in fitting),
        everything=everything,
        filters=filters,
    )


async def _all(
    session: AsyncSession,
    actor: Actor,
    event: Event,
    statuses: Collection[str],
    filters: dict[str, str],
) -> list[PreOrder]:
    wanted = [status for status in statuses if filters["status"] in ("", status)]
    found: list[PreOrder] = []
    for status in wanted:
        after: PreOrder | None = None
        while True:
            part = await preorders_of_event(
                session,
                actor,
                event.id,
                club_id=filters["club"] or None,
                words=filters["q"],
                status=status,
                after=after,
                limit=READ_AT_ONCE,
            )
            found += part
            if len(part) < READ_AT_ONCE:
                break
            after = part[-1]
    return found


async def decide(services: Services, actor: Actor, event_id: str, chosen: Chosen) -> Done:
    """Decide what was chosen, the first confirmed first, some at a time."""
    act, _statuses = _VERBS[chosen.verb]
    count, refused = 0, Counter[str]()
    for start in range(0, len(chosen.ids), MOST_AT_ONCE):
        some = chosen.ids[start : start + MOST_AT_ONCE]
        async with services.db.write(actor=actor.id) as session:
            decided = await act(session, services, actor, event_id, some)
        count += len(decided.done)
        refused.update(decided.refused.values())
    return Done(count, refused)


def said(verb: str, done: Done) -> str:
    """Say what was decided, and what could not be."""
    told = {
        "approve": ngettext("%(num)s is approved.", "%(num)s are approved.", done.count),
        "deny": ngettext(
            "%(num)s is denied and told that nothing was charged.",
            "%(num)s are denied and told that nothing was charged.",
            done.count,
        ),
        "withdraw": ngettext(
            "%(num)s waits for you again.", "%(num)s wait for you again.", done.count
        ),
    }[verb] % {"num": done.count}
    names = refusal_names()
    others = [f"{number} {names.get(code, code)}" for code, number in sorted(done.refused.items())]
    return told if not others else f"{told} {_('Not possible:')} {', '.join(others)}."


def refusal_names() -> dict[str, str]:
    """Name why a pre-order could not be decided, after a number."""
    return {
        "unknown": _("unknown"),
        "wrong_status": _("decided already, or being charged"),
        "no_stock": _("without a ticket left"),
        "draw_first": _("to be drawn first"),
    }
