"""What the API takes and tells about waiting lists; times in ms UTC."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from handstamp.events.shapes import Shape
from handstamp.waitlist.find_waiting import Listed, Place
from handstamp.waitlist.models import Waiting, Waitlist, WaitOffer
from handstamp.waitlist.rules import MOST_HOURS, MOST_TICKETS

Quantity = Annotated[int, Field(ge=1, le=MOST_TICKETS)]


class JoinBody(Shape):
    """What to wait for; `tier_id` '' is whichever is free first, `fewer` takes less than asked.

    `email` is needed of who is not signed in, and must be confirmed by a mailed link.
    """

    tier_id: Annotated[str, Field(max_length=60)] = ""
    quantity: Quantity = 1
    fewer: bool = False
    email: Annotated[str, Field(max_length=320)] = ""


class ListChange(Shape):
    """How a list works; absent members stay as they are."""

    open: bool | None = None
    auto: bool | None = None
    members_first: bool | None = None
    offer_hours: Annotated[int, Field(ge=1, le=MOST_HOURS)] | None = None


class LinkQuery(BaseModel):
    """The secret of a mailed link, for who is not signed in."""

    key: str = Field(default="", max_length=100)


class WaitQuery(BaseModel):
    """Who of a list: with words in the address, of a status, after the page before."""

    words: str = Field(default="", max_length=100)
    status: str | None = Field(default=None, max_length=20)
    after: str = Field(default="", max_length=60)
    limit: Annotated[int, Field(ge=1, le=200)] = 100


class FrontBody(Shape):
    """Whether somebody comes before everybody else."""

    front: bool


class OfferBody(BaseModel):
    """What somebody is offered; `status`: open, ordered, bought, expired, withdrawn."""

    id: str
    tier_id: str
    quantity: int
    status: str
    by_hand: bool
    created_at: int
    expires_at: int


class PlaceBody(BaseModel):
    """Somebody's place; `place` 1 is next, null when they do not wait.

    `status`: unconfirmed, waiting, offered, bought, missed, left, removed, ended, cancelled; the
    last two are the event's: it has begun, or was cancelled.
    """

    id: str
    event_id: str
    tier_id: str
    quantity: int
    fewer: bool
    status: str
    since: int
    place: int | None
    offer: OfferBody | None


class JoinedBody(BaseModel):
    """How joining went: `waiting` with a place, or `confirm`: a mail with a link is on its way."""

    outcome: Literal["waiting", "confirm"]
    place: PlaceBody | None


class TermsBody(BaseModel):
    """How a list works; see the page of the waiting list."""

    open: bool
    auto: bool
    members_first: bool
    offer_hours: int


class ListedBody(PlaceBody):
    """Somebody on a list as its organizer sees them."""

    email: str
    member: bool
    front: bool


class WaitingPage(BaseModel):
    """An event's list by time; `next` is the `after` of the following page."""

    terms: TermsBody
    counts: dict[str, int]
    waiting: list[ListedBody]
    next: str | None


def terms_body(terms: Waitlist) -> dict[str, Any]:
    """Return how a list works as the API tells it."""
    return {name: getattr(terms, name) for name in TermsBody.model_fields}


def place_body(place: Place) -> dict[str, Any]:
    """Return somebody's place as they are told it."""
    return _place(place.waiting, place.place, place.offer)


def listed_bodies(found: Listed) -> list[dict[str, Any]]:
    """Return some of a list as its organizer is told it."""
    return [
        {
            **_place(row, found.places.get(row.id), found.offers.get(row.id)),
            "email": row.email,
            "member": row.user_id in found.members,
            "front": row.lift > 0,
        }
        for row in found.rows
    ]


def offer_body(offer: WaitOffer) -> dict[str, Any]:
    """Return an offer as the API tells it."""
    names = ("id", "tier_id", "status", "by_hand", "created_at", "expires_at")
    return {**{name: getattr(offer, name) for name in names}, "quantity": offer.qty}


def _place(row: Waiting, place: int | None, offer: WaitOffer | None) -> dict[str, Any]:
    names = ("id", "event_id", "tier_id", "fewer", "status", "since")
    return {
        **{name: getattr(row, name) for name in names},
        "quantity": row.qty,
        "place": place,
        "offer": None if offer is None else offer_body(offer),
    }
