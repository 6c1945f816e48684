"""Deciding who gets a ticket: one or many by hand, or up to the stock by rule.

Whoever decides holds the lock of the club's event, so two admins never reserve twice. In
`stock_confirmed` mode an approval is a reservation: without stock there is none.
"""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.audit.record import record
from handstamp.clubs import supply
from handstamp.clubs.draw_seed import seed_of
from handstamp.clubs.find_clubs import club_event, club_of
from handstamp.clubs.models import Club, ClubEvent
from handstamp.clubs.rules import window_of
from handstamp.events.find_events import owned_event
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor, Services
from handstamp.preorders import draw, preorder_mails, rules, store
from handstamp.preorders.change_status import change_status, give_back, let_go
from handstamp.preorders.models import PreOrder

_LAST = 2**53  # behind everybody who was drawn


@dataclass
class Decided:
    """Ids that were decided now, that were so already, and codes of those that could not be.

    `refused`: id to unknown, wrong_status, no_stock or draw_first.
    """

    done: list[str] = field(default_factory=list)
    already: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


async def approve(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, ids: Collection[str]
) -> Decided:
    """Approve pre-orders of an event; the first confirmed are served first where stock is short.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: there are more than 1,000.
    """
    groups, decided = await _chosen(session, actor, event_id, ids)
    for terms, chosen in groups:
        waiting = _sort_out(chosen, decided, "approved", ("pending",))
        if terms.allocation == "draw" and terms.draw_revealed_at is None:
            decided.refused |= {one.id: "draw_first" for one in waiting}
            continue
        ordered = sorted(waiting, key=lambda one: (one.confirmed_at or 0, one.id))
        served = await _serve(session, services, actor, terms, ordered)
        decided.done += served
        decided.refused |= {one.id: "no_stock" for one in ordered if one.id not in served}
    await session.flush()
    return decided


async def deny(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, ids: Collection[str]
) -> Decided:
    """Deny pre-orders of an event; each member is told that nothing was charged.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: there are more than 1,000.
    """
    groups, decided = await _chosen(session, actor, event_id, ids)
    for terms, chosen in groups:
        for preorder in _sort_out(chosen, decided, "denied", rules.before("denied")):
            await let_go(session, services, terms, preorder, "denied", actor=actor)
            _note(preorder, services, actor)
            await session.flush()
            await preorder_mails.queue_not_allocated(session, preorder)
            decided.done.append(preorder.id)
    return decided


async def withdraw_approval(
    session: AsyncSession, services: Services, actor: Actor, event_id: str, ids: Collection[str]
) -> Decided:
    """Take approvals back before they are charged; their stock is free again.

    Raises:
        NotFound: the event is not the actor's.
        BadInput: there are more than 1,000.
    """
    groups, decided = await _chosen(session, actor, event_id, ids)
    for terms, chosen in groups:
        for preorder in _sort_out(chosen, decided, "pending", ("approved",)):
            await change_status(session, services, preorder, "pending", actor=actor)
            await give_back(session, terms, preorder)
            preorder.decided_by, preorder.decided_at = "", None
            decided.done.append(preorder.id)
    await session.flush()
    return decided


async def approve_up_to_stock(
    session: AsyncSession, services: Services, actor: Actor, club_id: str, event_id: str
) -> Decided:
    """Approve as many as there is stock for: the first confirmed first, or as they are drawn.

    A draw is held once, after the window; then its seed is told. Repeating goes on where
    stock has come meanwhile.

    Raises:
        NotFound: the club is not the actor's, or does not offer the event.
        Conflict: a draw is not possible yet.
    """
    club = await club_of(session, actor, club_id)
    terms = await club_event(session, club.id, event_id, lock=True)
    waiting = await store.locked(
        session,
        PreOrder.club_id == club.id,
        PreOrder.event_id == event_id,
        PreOrder.week == terms.week,
        PreOrder.status == "pending",
    )
    if terms.allocation == "draw":
        await _draw(session, services, actor, club, terms, entrants=waiting)
    ordered = sorted(
        waiting, key=lambda one: (one.draw_rank or _LAST, one.confirmed_at or 0, one.id)
    )
    decided = Decided(await _serve(session, services, actor, terms, ordered, only_with_stock=True))
    decided.refused = {one.id: "no_stock" for one in ordered if one.id not in decided.done}
    await session.flush()
    return decided


async def _draw(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    club: Club,
    terms: ClubEvent,
    *,
    entrants: Sequence[PreOrder],
) -> None:
    if terms.draw_revealed_at is not None:
        return
    now = services.clock()
    if rules.card_in_time(window_of(terms.week, club.time_zone), now):
        raise Conflict(
            _("The draw can be held half an hour after the week is over, not before."),
            code="draw_too_early",
        )
    places = draw.places(seed_of(services, terms), [one.id for one in entrants])
    for preorder in entrants:
        preorder.draw_rank = places[preorder.id]
    terms.draw_revealed_at = terms.updated_at = now
    await record(
        session,
        actor,
        "preorder.draw",
        "event",
        terms.event_id,
        organizer_id=club.organizer_id,
        meta={"club": club.id, "count": len(places), "commitment": terms.draw_commitment},
    )


async def _serve(
    session: AsyncSession,
    services: Services,
    actor: Actor,
    terms: ClubEvent,
    ordered: Sequence[PreOrder],
    *,
    only_with_stock: bool = False,
) -> list[str]:
    """Approve in the order given while stock of each tier lasts; return the ids approved.

    A prepaid event goes on without stock, unless only those with stock are wanted.
    """
    fitting = await supply.reserve_in_order(session, terms, [one.tier_id for one in ordered])
    without = terms.charge_mode == "prepaid" and not only_with_stock
    served = []
    for preorder, reserved in zip(ordered, fitting, strict=True):
        if not reserved and not without:
            continue
        preorder.reserved = reserved
        await change_status(session, services, preorder, "approved", actor=actor, reserved=reserved)
        _note(preorder, services, actor)
        served.append(preorder.id)
    return served


async def _chosen(
    session: AsyncSession, actor: Actor, event_id: str, ids: Collection[str]
) -> tuple[list[tuple[ClubEvent, list[PreOrder]]], Decided]:
    """Return the chosen pre-orders by club, all locked; unknown ones are refused."""
    event = await owned_event(session, actor, event_id)
    if len(set(ids)) > rules.MOST_AT_ONCE:
        told = _("At most %(most)d pre-orders can be decided at once.")
        raise BadInput(told % {"most": rules.MOST_AT_ONCE})
    clubs = await store.clubs_of(session, event.id, ids)
    terms = [await club_event(session, club, event.id, lock=True) for club in sorted(clubs)]
    found = await store.locked_by_id(session, ids, PreOrder.event_id == event.id)
    groups: dict[str, list[PreOrder]] = defaultdict(list)
    for preorder in found:
        groups[preorder.club_id].append(preorder)
    unknown = set(ids) - {preorder.id for preorder in found}
    return (
        [(one, groups[one.club_id]) for one in terms],
        Decided(refused=dict.fromkeys(sorted(unknown), "unknown")),
    )


def _sort_out(
    chosen: Sequence[PreOrder], decided: Decided, wanted: str, before: Sequence[str]
) -> list[PreOrder]:
    """Return those that may be decided; note those that are so already, and the others."""
    decided.already += [one.id for one in chosen if one.status == wanted]
    wrong = [one.id for one in chosen if one.status not in (wanted, *before)]
    decided.refused |= dict.fromkeys(wrong, "wrong_status")
    return [one for one in chosen if one.status in before]


def _note(preorder: PreOrder, services: Services, actor: Actor) -> None:
    preorder.decided_by, preorder.decided_at = actor.id, services.clock()
