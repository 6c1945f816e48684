"""Who of a waiting list comes first, who gets what is free, and until when; pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from handstamp.kit.clock import DAY, HOUR, Millis

N_ = str  # marks text for the catalogues; it is translated where it is shown
ANY = ""  # the tier of somebody who takes whichever is free first
STATUSES = (
    *("unconfirmed", "waiting", "offered", "bought", "missed", "left", "removed"),
    *("ended", "cancelled"),  # the event began; the event was cancelled
)
IN_LINE = ("unconfirmed", "waiting", "offered")
WAITING = ("waiting", "offered")  # of these, whose address is confirmed
MOST_WAITING = 10_000  # of one event
MOST_TICKETS = 20  # that one person may wait for
DEFAULT_HOURS = 24
MOST_HOURS = 14 * 24
KEEP_UNCONFIRMED: Millis = 3 * DAY
KEEP_AFTER: Millis = 30 * DAY  # after the event is over
UNLIMITED = 2**53


@dataclass(frozen=True)
class Wish:
    """Somebody who waits; `member`: of a club that has the event."""

    id: str
    tier_id: str
    qty: int
    fewer: bool
    since: Millis
    lift: int = 0
    member: bool = False

    @property
    def least(self) -> int:
        """Return with how many tickets this person can be served."""
        return 1 if self.fewer else self.qty


@dataclass(frozen=True)
class Room:
    """What is free of a tier that may be offered; `most` is what one order may have."""

    free: int
    most: int


class Allotted(NamedTuple):
    """So many tickets of a tier for somebody who waits."""

    id: str
    tier_id: str
    qty: int


def ranked(wishes: Collection[Wish], *, members_first: bool) -> list[Wish]:
    """Return who comes first: whom the organizer put in front, members if they do, then by time."""
    return sorted(
        wishes,
        key=lambda one: (-one.lift, members_first and not one.member, one.since, one.id),
    )


def allot(line: Sequence[Wish], tiers: Mapping[str, Room], whole: int) -> list[Allotted]:
    """Give what is free to those who come first; who wants more than there is keeps their place.

    Args:
        line: as `ranked` returns it.
        tiers: what may be offered, in the order in which tiers are shown.
        whole: what is free of the whole event.
    """
    left = {tier_id: room.free for tier_id, room in tiers.items()}
    given = []
    for wish in line:
        if whole <= 0:
            break
        among = list(tiers) if wish.tier_id == ANY else [wish.tier_id]
        for tier_id in among:
            if tier_id not in tiers:
                continue
            qty = min(wish.qty, tiers[tier_id].most, left[tier_id], whole)
            if qty >= min(wish.least, tiers[tier_id].most) and qty > 0:
                given.append(Allotted(wish.id, tier_id, qty))
                left[tier_id] -= qty
                whole -= qty
                break
    return given


def place_of(line: Sequence[Wish], waiting_id: str) -> int | None:
    """Return somebody's place, 1 is next: who waits for other tiers only does not count."""
    own = next((one for one in line if one.id == waiting_id), None)
    if own is None:
        return None
    ahead = line[: line.index(own)]
    return 1 + sum(
        1 for one in ahead if ANY in (own.tier_id, one.tier_id) or one.tier_id == own.tier_id
    )


def offer_end(
    now: Millis, hours: int, *, sales_end_at: Millis | None, start_at: Millis
) -> Millis | None:
    """Return until when an offer made now stands; None when there is no time left for one."""
    end = min(now + hours * HOUR, start_at, UNLIMITED if sales_end_at is None else sales_end_at)
    return end if end > now else None


def keeps_for_list(least: Mapping[str, int], tier_id: str, free: int) -> bool:
    """Tell whether what is free of a tier is kept for somebody who waits.

    `least`: by tier ('' is any) with how many tickets the most modest can be served. Of what has
    no limit there is enough for everybody.
    """
    wanted = [least[key] for key in (tier_id, ANY) if key in least]
    return bool(wanted) and min(wanted) <= free < UNLIMITED


class Refusal(NamedTuple):
    """Why somebody cannot wait; `field` is what is wrong."""

    code: str
    message: str
    field: str = ""


def join_problem(
    *,
    is_open: bool,
    on_sale: bool,
    qty: int,
    most: int,
    free: int,
    capacity: int | None,
    kept: bool,
) -> Refusal | None:
    """Say why somebody cannot join a list for some tickets of a tier.

    `most`: what one order may have; `kept`: what is free is for others who wait already.
    """
    if not is_open:
        return Refusal("no_waiting_list", N_("This event has no waiting list."))
    if not on_sale:
        return Refusal(
            "not_on_sale", N_("These tickets are not on sale, so nobody can wait for them.")
        )
    if not 1 <= qty <= min(most, MOST_TICKETS):
        return Refusal(
            "limit", N_("One person cannot wait for so many of these tickets."), "quantity"
        )
    if capacity and qty > capacity:  # of none at all there may be some later
        return Refusal("limit", N_("There are not so many of these tickets in all."), "quantity")
    if free >= qty and not kept:
        return Refusal("on_sale", N_("There are tickets left. You need not wait: get them now."))
    return None
