"""Finding clubs, members and what they may pre-order; whether somebody may buy what is theirs."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.clubs import rules, store
from handstamp.clubs.models import Club, ClubEvent, ClubInvite, ClubMember
from handstamp.events.find_events import events_by_id, tiers_of_many
from handstamp.events.models import Event, Tier
from handstamp.events.price_rules import Terms
from handstamp.events.set_prices import terms_of_many
from handstamp.kit.clock import Millis
from handstamp.plumbing.errors import NotFound
from handstamp.plumbing.texts import _
from handstamp.plumbing.web import Actor

PAGE = 100


@dataclass(frozen=True)
class Membership:
    """Somebody's place in a club."""

    club: Club
    member: ClubMember


@dataclass(frozen=True)
class Offered:
    """An event as a club's members may pre-order it: its window, its tiers and their prices.

    `prices`: by tier id, what a member pays with all that is added.
    """

    club: Club
    terms: ClubEvent
    event: Event
    tiers: Sequence[Tier]
    window: rules.Window
    charge_at: Millis
    prices: Mapping[str, rules.MemberSum] = field(default_factory=dict)


async def club_of(session: AsyncSession, actor: Actor, club_id: str, *, lock: bool = False) -> Club:
    """Return a club of an organizer that the actor works for.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    found = await store.club(session, club_id, lock=lock)
    if found is None or not actor.may_manage(found.organizer_id):
        raise NotFound(_("There is no such club among yours."))
    return found


async def living_club(session: AsyncSession, club_id: str, *, share: bool = False) -> Club | None:
    """Return a club that is not archived; with `share` it stays so while the transaction lasts."""
    found = await store.club(session, club_id, share=share)
    return None if found is None or found.archived_at is not None else found


async def clubs_by_id(session: AsyncSession, club_ids: Collection[str]) -> dict[str, Club]:
    """Return several clubs by id, archived ones too; the caller knows that they may be seen."""
    return {club.id: club for club in await store.clubs_by_id(session, club_ids)}


async def clubs_of_organizer(
    session: AsyncSession,
    actor: Actor,
    organizer_id: str | None = None,
    *,
    archived: bool = False,
) -> Sequence[Club]:
    """Return the actor's clubs by name; of one organizer if asked."""
    organizers: Collection[str] | None = None if actor.may_manage("") else actor.managed
    if organizer_id is not None:
        organizers = [organizer_id] if actor.may_manage(organizer_id) else []
    return await store.clubs(session, organizers, archived=archived)


async def running_clubs(session: AsyncSession) -> Sequence[Club]:
    """Return every club that is not archived."""
    return await store.clubs(session, None, archived=False)


async def memberships(session: AsyncSession, user_id: str) -> list[Membership]:
    """Return the clubs that somebody is an active member of, by name."""
    found = await store.memberships(session, ClubMember.user_id == user_id, ["active"])
    return [Membership(club, member) for member, club in found]


async def invitations(session: AsyncSession, email: str) -> list[Membership]:
    """Return the clubs that somebody was invited to by e-mail and has not joined, by name."""
    if not email:
        return []
    found = await store.memberships(session, ClubMember.email == email, ["invited"])
    return [Membership(club, member) for member, club in found]


async def is_known(session: AsyncSession, email: str) -> bool:
    """Tell whether a club has an address among its members or has invited it."""
    found = await store.memberships(session, ClubMember.email == email, ["invited", "active"])
    return bool(found)


async def member_of(
    session: AsyncSession, club_id: str, user_id: str, *, lock: bool = False
) -> ClubMember | None:
    """Return somebody's active membership in a club, locked if asked."""
    mine = (ClubMember.user_id == user_id, ClubMember.status == "active")
    return await store.member(session, club_id, *mine, lock=lock)


async def members_of(
    session: AsyncSession,
    actor: Actor,
    club_id: str,
    *,
    words: str = "",
    status: str | None = None,
    after: ClubMember | None = None,
    limit: int = PAGE,
) -> Sequence[ClubMember]:
    """Return a club's members by e-mail, those that are gone only by their status.

    Raises:
        NotFound: the club is not the actor's.
    """
    club = await club_of(session, actor, club_id)
    return await store.members(
        session,
        club.id,
        words=words.strip(),
        statuses=["invited", "active"] if status is None else [status],
        after=(after.email, after.id) if after else None,
        limit=limit,
    )


async def member_counts(
    session: AsyncSession, club_ids: Collection[str]
) -> dict[tuple[str, str], int]:
    """Count the members of clubs by (club id, status)."""
    return await store.member_counts(session, club_ids)


async def owned_member(
    session: AsyncSession, actor: Actor, club_id: str, member_id: str, *, lock: bool = False
) -> ClubMember:
    """Return a member of one of the actor's clubs.

    Raises:
        NotFound: there is none, or the club is somebody else's.
    """
    club = await club_of(session, actor, club_id)
    wanted = ClubMember.id == member_id
    known = member_id.isprintable()
    found = await store.member(session, club.id, wanted, lock=lock) if known else None
    if found is None:
        raise NotFound(_("There is no such member in this club."))
    return found


async def invites_of(session: AsyncSession, actor: Actor, club_id: str) -> Sequence[ClubInvite]:
    """Return a club's invites, the newest first.

    Raises:
        NotFound: the club is not the actor's.
    """
    club = await club_of(session, actor, club_id)
    return await store.invites(session, club.id)


async def club_events(
    session: AsyncSession, club_id: str, week: str | None = None
) -> Sequence[ClubEvent]:
    """Return what a club offers in a week, or ever; not what was withdrawn."""
    where = [ClubEvent.club_id == club_id]
    if week is not None:
        where.append(ClubEvent.week == week)
    return await store.club_events(session, *where)


async def club_event(
    session: AsyncSession, club_id: str, event_id: str, *, lock: bool = False, share: bool = False
) -> ClubEvent:
    """Return the terms under which a club has an event, withdrawn or not.

    Locked until the transaction ends if asked; with `share` only against changes.

    Raises:
        NotFound: the club never had it.
    """
    found = await store.club_event(session, club_id, event_id, lock=lock, share=share)
    if found is None:
        raise NotFound(_("This club does not offer that event."))
    return found


async def clubs_of_event(session: AsyncSession, event_id: str) -> Sequence[ClubEvent]:
    """Return under which terms clubs have an event, withdrawn or not."""
    return await store.club_events(session, ClubEvent.event_id == event_id, withdrawn=True)


async def offered(session: AsyncSession, club: Club, week: str | None = None) -> list[Offered]:
    """Return what a club's members may pre-order in a week, or ever, with windows and prices.

    Only published events, and only tiers that are not archived and can be charged.
    """
    terms = await club_events(session, club.id, week)
    events = await events_by_id(session, [one.event_id for one in terms])
    tiers = await tiers_of_many(session, [one.event_id for one in terms])
    added = await terms_of_many(session, list(events.values()))
    return [
        offer_of(club, one, events[one.event_id], tiers[one.event_id], added[one.event_id])
        for one in terms
        if events[one.event_id].status == "published"
    ]


def offer_of(
    club: Club, terms: ClubEvent, event: Event, tiers: Sequence[Tier], added: Terms
) -> Offered:
    """Return an event as a club's members may pre-order it; `added` to its prices as they are."""
    off = club.discount_bp
    prices = {tier.id: rules.member_sum(tier.price_cents, off, added) for tier in tiers}
    chosen = [
        tier
        for tier in tiers
        if not tier.archived_at and not rules.least_total(prices[tier.id].net, tier.currency)
    ]
    return Offered(
        club=club,
        terms=terms,
        event=event,
        tiers=chosen,
        window=rules.window_of(terms.week, club.time_zone),
        charge_at=rules.charge_time(
            terms.week, club.time_zone, club.charge_weekday, club.charge_at
        ),
        prices={tier.id: prices[tier.id] for tier in chosen},
    )


async def may_buy(session: AsyncSession, event: Event, user_id: str | None) -> bool:
    """Tell whether somebody may buy an event now: all may, unless it is for members only.

    Then it must be an active member of a club that has the event.
    """
    if not event.members_only:
        return True
    if not user_id:
        return False
    return await session.scalar(store.buyers(event.id, [user_id]).limit(1)) is not None


async def was_member(
    session: AsyncSession, event: Event, user_id: str | None, then: Millis
) -> bool:
    """Tell whether somebody was in a club that has (or had) an event at a moment."""
    if not user_id:
        return False
    return await session.scalar(store.buyers(event.id, [user_id], then).limit(1)) is not None


def members_on(connection: Connection, event_id: str, user_ids: Collection[str]) -> frozenset[str]:
    """Return, on a plain connection, who of some people is in a club that has an event."""
    if not user_ids:
        return frozenset()
    found = connection.execute(store.buyers(event_id, user_ids)).scalars()
    return frozenset(user_id for user_id in found if user_id)
