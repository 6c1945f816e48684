"""What a member's pages are about: their clubs, what is offered this week, and how wishes stand."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from handstamp.auth.find_profile import Profile, profile_of
from handstamp.clubs import rules as clubs
from handstamp.clubs.find_clubs import Membership, Offered, invitations, memberships, offered
from handstamp.clubs.rules import Window, week_of
from handstamp.events.models import Event
from handstamp.plumbing.web import Actor, services
from handstamp.preorders import rules
from handstamp.preorders.change_preorder import offer_of_preorder, own_preorder
from handstamp.preorders.find_preorders import PreorderView, preorder_views, preorders_of_user
from handstamp.preorders.models import PreOrder
from handstamp.preorders.refusals import refused
from handstamp.preorders.told import Told, charge_time_of, sentence_of, window_of, words_of
from handstamp.storefront.words import PREORDER_TONES

MOST = 200
GIVEN_UP = ("cancelled", "denied")  # such a wish leaves the event free for another


@dataclass(frozen=True)
class Wished:
    """A pre-order as its member is told of it; `changeable` and `charge_at` as of now."""

    view: PreorderView
    told: Told
    tone: str
    sentence: str
    window: Window
    charge_at: int
    changeable: bool

    @property
    def preorder(self) -> PreOrder:
        """The pre-order itself."""
        return self.view.preorder

    @property
    def event(self) -> Event:
        """What it is for."""
        return self.view.event


@dataclass(frozen=True)
class Choice:
    """An event that a member may pre-order: their wish of it, else why they cannot choose it."""

    offer: Offered
    wish: Wished | None
    problem: str = ""


@dataclass(frozen=True)
class Room:
    """A club as its member enters it: what it offers this week, and how many they may choose."""

    membership: Membership
    organizer: Profile
    window: Window
    sentence: str
    choices: Sequence[Choice]
    left: int


@dataclass(frozen=True)
class Board:
    """All that a member's first page shows. `coming`: wishes of other weeks that go on."""

    rooms: Sequence[Room]
    invited: Sequence[Membership]
    coming: Sequence[Wished] = ()
    past: Sequence[Wished] = ()
    wishes: Sequence[Wished] = field(default_factory=list)


def wished(view: PreorderView, now: int) -> Wished:
    """Return a pre-order with the words in which its member is told of it."""
    preorder, club = view.preorder, view.club
    window = window_of(club, preorder)
    return Wished(
        view=view,
        told=words_of(preorder.status),
        tone=PREORDER_TONES[preorder.status],
        sentence=sentence_of(club),
        window=window,
        charge_at=charge_time_of(club, preorder),
        changeable=rules.change_refusal(preorder.status, window, now) is None,
    )


async def board_of(session: AsyncSession, who: Actor, now: int, *, offers: bool) -> Board:
    """Gather a member's page; without `offers` only what they have placed already."""
    found = await preorders_of_user(session, who.id, limit=MOST)
    wishes = [wished(view, now) for view in await preorder_views(session, found)]
    rooms = [
        await _room(session, membership, wishes, now)
        for membership in (await memberships(session, who.id) if offers else [])
    ]
    shown = {choice.wish.preorder.id for room in rooms for choice in room.choices if choice.wish}
    others = [wish for wish in wishes if wish.preorder.id not in shown]
    coming = [wish for wish in others if _goes_on(wish, now)]
    return Board(
        rooms=rooms,
        invited=await invitations(session, who.email) if offers else [],
        coming=sorted(coming, key=lambda wish: (wish.event.start_at, wish.preorder.id)),
        past=[wish for wish in others if wish not in coming and wish.preorder.status != "draft"],
        wishes=wishes,
    )


def _goes_on(wish: Wished, now: int) -> bool:
    return wish.preorder.status in rules.OPEN[1:] and wish.event.end_at > now


async def _room(
    session: AsyncSession, membership: Membership, wishes: Sequence[Wished], now: int
) -> Room:
    club = membership.club
    week = week_of(now, club.time_zone)
    own = [one for one in wishes if one.preorder.club_id == club.id and one.preorder.week == week]
    placed = [
        rules.Placed(one.preorder.id, one.preorder.event_id, one.preorder.status) for one in own
    ]
    offers = await offered(session, club, week)
    kept = [one for one in placed if one.status not in ("draft", *rules.FREES_WEEK)]
    return Room(
        membership=membership,
        organizer=await profile_of(session, club.organizer_id),
        window=clubs.window_of(week, club.time_zone),
        sentence=sentence_of(club),
        choices=[_choice(offer, own, placed, club.per_week) for offer in offers],
        left=max(0, club.per_week - len(kept)),
    )


def _choice(
    offer: Offered, own: Sequence[Wished], placed: Sequence[rules.Placed], per_week: int
) -> Choice:
    mine = [wish for wish in own if wish.preorder.event_id == offer.event.id]
    kept = next((wish for wish in mine if wish.preorder.status not in GIVEN_UP), None)
    if kept is not None:
        return Choice(offer, kept)
    refusal = rules.limit_refusal(placed, offer.event.id, per_week)
    if refusal is None:
        return Choice(offer, None)
    return Choice(offer, None, refused(refusal).detail)


async def offer_for(
    session: AsyncSession, who: Actor, club_id: str, event_id: str, now: int
) -> Offered | None:
    """Return what a member may pre-order now under that name, if they may."""
    for membership in await memberships(session, who.id):
        if membership.club.id == club_id:
            week = week_of(now, membership.club.time_zone)
            found = await offered(session, membership.club, week)
            return next((offer for offer in found if offer.event.id == event_id), None)
    return None


async def wish_of(request: Request, who: Actor) -> tuple[Wished, Offered]:
    """Return the pre-order of the address, for its member alone, and what it was placed under.

    Raises:
        NotFound: there is none, or it is somebody else's.
    """
    async with services(request).db.read() as session:
        preorder = await own_preorder(session, who, request.path_params["preorder_id"])
        view = (await preorder_views(session, [preorder]))[0]
        offer = await offer_of_preorder(session, preorder)
    return wished(view, services(request).clock()), offer


def shown_as(wishes: Sequence[Wished]) -> str:
    """Return a word that changes when a page of these has something else to show."""
    parts = [
        f"{one.preorder.id} {one.preorder.status} {one.preorder.tier_id} {one.preorder.card_last4}"
        f" {one.preorder.payment_method_id} {one.preorder.ticket_id}"
        for one in wishes
    ]
    return hashlib.sha256("\n".join(parts).encode()).hexdigest()[:16]
