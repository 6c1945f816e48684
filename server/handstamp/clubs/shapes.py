"""What the outside says about clubs, members, invites and offers, and what it is told."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from handstamp.clubs import rules
from handstamp.clubs.find_clubs import Membership, Offered
from handstamp.clubs.models import Club, ClubEvent, ClubInvite, ClubMember
from handstamp.clubs.supply import Left
from handstamp.events.shapes import Line, MaybeLine, Moment, Prose, Shape, Zone

MOST_DECLARED = 1_000_000


def _week(text: str) -> str:
    if not rules.is_week(text):
        raise ValueError("is not the date of a Monday, YYYY-MM-DD")
    return text


def _clock(text: str) -> str:
    if not rules.is_clock(text):
        raise ValueError("is not a time of day; one looks like 19:00")
    return text


Week = Annotated[str, Field(max_length=10), AfterValidator(_week)]
ClockTime = Annotated[str, Field(max_length=5), AfterValidator(_clock)]
Id = Annotated[str, Field(min_length=1, max_length=60)]
Email = Annotated[str, Field(max_length=320)]
Discount = Annotated[int, Field(ge=0, le=rules.WHOLE)]
PerWeek = Annotated[int, Field(ge=1, le=rules.MOST_PER_WEEK)]
Weekday = Annotated[int, Field(ge=0, le=6)]
Recovery = Annotated[int, Field(ge=0, le=rules.MOST_RECOVERY_HOURS)]
ChargeStart = Literal["manual", "clock"]
ChargeAccount = Literal["organizer", "platform"]
ChargeMode = Literal["stock_confirmed", "prepaid"]
StockKind = Literal["native", "declared", "pool"]
Allocation = Literal["first_come", "draw"]
Declared = dict[Id, Annotated[int, Field(ge=0, le=MOST_DECLARED)]]


class NewClub(Shape):
    """A club to begin. `discount_bp`: hundredths of a percent; weekday 0 is Monday."""

    name: Line
    time_zone: Zone
    about: Prose = ""
    discount_bp: Discount = 0
    per_week: PerWeek = 1
    charge_weekday: Weekday = 1
    charge_at: ClockTime = "19:00"
    charge_start: ChargeStart = "manual"
    charge_account: ChargeAccount = "organizer"
    next_in_line: bool = True
    recovery_hours: Recovery = 0


class NewOwnedClub(NewClub):
    """A club to begin, and whose it will be."""

    organizer_id: Id


class ClubChange(Shape):
    """What to change of a club; absent members stay as they are."""

    name: Line | None = None
    time_zone: Zone | None = None
    about: Prose | None = None
    discount_bp: Discount | None = None
    per_week: PerWeek | None = None
    charge_weekday: Weekday | None = None
    charge_at: ClockTime | None = None
    charge_start: ChargeStart | None = None
    charge_account: ChargeAccount | None = None
    next_in_line: bool | None = None
    recovery_hours: Recovery | None = None


class NewInvite(Shape):
    """An invite's code to make: a note for yourselves, uses at most, and days that it is good."""

    note: MaybeLine = ""
    most_uses: Annotated[int, Field(ge=1, le=100_000)] | None = None
    days: Annotated[int, Field(ge=1, le=366)] | None = 30


class PersonShape(Shape):
    """Somebody to invite."""

    email: Email
    name: MaybeLine = ""


class NewPeople(Shape):
    """People to invite by e-mail."""

    people: Annotated[list[PersonShape], Field(min_length=1, max_length=500)]


class NewOffer(Shape):
    """An event for a club's members to pre-order; `week` null is this week.

    `stock`: native (the event's own capacity), declared (a promised number, uploaded later) or
    pool (what is uploaded and free). `declared`: promised tickets by tier id, for stock that is
    declared. `ticket_deadline_at` null is when the event begins. `auto_fill`: uploaded tickets that
    nobody has paid for approve, by themselves, who waits for a decision.
    """

    event_id: Id
    week: Week | None = None
    charge_mode: ChargeMode = "stock_confirmed"
    stock: StockKind = "native"
    allocation: Allocation = "first_come"
    ticket_deadline_at: Moment | None = None
    auto_fill: bool = False
    declared: Declared = Field(default_factory=dict)


class OfferChange(Shape):
    """What to change of an offer; absent members stay as they are.

    Once its week has begun, only the deadline, `auto_fill` and what is declared.
    """

    week: Week | None = None
    charge_mode: ChargeMode | None = None
    stock: StockKind | None = None
    allocation: Allocation | None = None
    ticket_deadline_at: Moment | None = None
    auto_fill: bool | None = None
    declared: Declared = Field(default_factory=dict)


class JoinRequest(Shape):
    """What lets somebody in: an invite's code, or the club whose invitation came by e-mail."""

    code: Annotated[str, Field(max_length=60)] = ""
    club_id: Annotated[str, Field(max_length=60)] = ""


class ClubQuery(BaseModel):
    """Which clubs: of an organizer, those that are archived too."""

    organizer: str | None = Field(default=None, max_length=60)
    archived: bool = False


class MemberQuery(BaseModel):
    """Which members: with words in name or e-mail, of a status, after the page before."""

    words: str = Field(default="", max_length=100)
    status: Literal["invited", "active", "left", "removed"] | None = None
    after: str | None = Field(default=None, max_length=60)
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class OfferQuery(BaseModel):
    """Which offers: of a week (the date of its Monday); null is of all."""

    week: Week | None = None


class _Told(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ClubBody(_Told):
    """A club as its organizer sees it; `members` and `invited` are counts."""

    id: str
    organizer_id: str
    name: str
    about: str
    time_zone: str
    discount_bp: int
    per_week: int
    charge_weekday: int
    charge_at: str
    charge_start: str
    charge_account: str
    next_in_line: bool
    recovery_hours: int
    created_at: int
    archived_at: int | None
    members: int = 0
    invited: int = 0


class ClubsBody(BaseModel):
    """Clubs by name."""

    clubs: list[ClubBody]


class MemberBody(_Told):
    """A member; status invited, active, left or removed."""

    id: str
    email: str
    name: str
    status: str
    invited_at: int
    joined_at: int | None
    ended_at: int | None


class MemberPage(BaseModel):
    """Members by e-mail; `next` is the `after` of the following page."""

    members: list[MemberBody]
    next: str | None


class InvitedBody(BaseModel):
    """How many were invited now, and how many were in the club or invited already."""

    invited: int
    known: int


class InviteBody(_Told):
    """An invite; its code is told once, when it is made."""

    id: str
    note: str
    most_uses: int | None
    uses: int
    created_at: int
    expires_at: int | None
    revoked_at: int | None


class MadeInvite(InviteBody):
    """A fresh invite with its code and the link that holds it."""

    code: str
    link: str


class InvitesBody(BaseModel):
    """A club's invites, the newest first."""

    invites: list[InviteBody]


class StockBody(BaseModel):
    """What is left of a tier for a club's members; null is without limit."""

    tier_id: str
    name: str
    declared: int | None
    reserved: int
    remaining: int | None


class OfferBody(_Told):
    """An event as a club offers it; times in ms UTC. A draw's seed is told after the draw."""

    event_id: str
    title: str
    week: str
    opens_at: int
    closes_at: int
    charge_at: int
    charge_mode: str
    stock: str
    allocation: str
    draw_commitment: str
    draw_revealed_at: int | None
    ticket_deadline_at: int
    auto_fill: bool
    withdrawn_at: int | None
    tiers: list[StockBody]


class OffersBody(BaseModel):
    """What a club offers, the latest week first."""

    events: list[OfferBody]


class MyClub(BaseModel):
    """A club as its member sees it; status active or invited."""

    id: str
    name: str
    about: str
    time_zone: str
    discount_bp: int
    per_week: int
    status: str


class MyClubs(BaseModel):
    """Somebody's clubs, and those that have invited them."""

    clubs: list[MyClub]


def club_body(club: Club, counts: dict[tuple[str, str], int]) -> dict[str, Any]:
    """Return a club as the API tells its organizer."""
    body = ClubBody.model_validate(club)
    body.members = counts.get((club.id, "active"), 0)
    body.invited = counts.get((club.id, "invited"), 0)
    return body.model_dump()


def member_body(member: ClubMember) -> dict[str, Any]:
    """Return a member as the API tells it."""
    return MemberBody.model_validate(member).model_dump()


def invite_body(invite: ClubInvite) -> dict[str, Any]:
    """Return an invite as the API tells it."""
    return InviteBody.model_validate(invite).model_dump()


def offer_body(offer: Offered, left: dict[str, Left]) -> dict[str, Any]:
    """Return an offer as the API tells its organizer."""
    terms: ClubEvent = offer.terms
    names = {tier.id: tier.name for tier in offer.tiers}
    told = {name: getattr(terms, name) for name in OfferBody.model_fields if hasattr(terms, name)}
    tiers = [
        StockBody(tier_id=tier_id, name=name, **left[tier_id]._asdict())
        for tier_id, name in names.items()
    ]
    times = {"opens_at": offer.window.opens, "closes_at": offer.window.closes}
    return OfferBody(
        **{**told, **times, "charge_at": offer.charge_at, "title": offer.event.title},
        tiers=tiers,
    ).model_dump()


def my_club(membership: Membership) -> MyClub:
    """Return a club as its member is told."""
    club = membership.club
    names = ("id", "name", "about", "time_zone", "discount_bp", "per_week")
    return MyClub(**{name: getattr(club, name) for name in names}, status=membership.member.status)
