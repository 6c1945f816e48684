"""What the outside says about pre-orders, and what it is told."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from handstamp.events.shapes import Shape
from handstamp.preorders import rules
from handstamp.preorders.approve_preorders import Decided
from handstamp.preorders.change_preorder import Change
from handstamp.preorders.find_preorders import PreorderView, TierCount
from handstamp.preorders.models import SavedCard
from handstamp.preorders.request_preorder import Wish
from handstamp.preorders.told import charge_time_of, page_of, sentence_of, window_of, words_of
from handstamp.preorders.verify_draw import DrawReport

Id = Annotated[str, Field(min_length=1, max_length=60)]
MaybeId = Annotated[str, Field(max_length=60)]


class NewPreorder(Shape):
    """A ticket to pre-order; `agreed` to the mandate. `card_id`: a saved card, '' asks for one."""

    club_id: Id
    event_id: Id
    tier_id: Id
    agreed: bool = False
    card_id: MaybeId = ""

    def wish(self) -> Wish:
        """Return it as placing knows it."""
        return Wish(**self.model_dump())


class PreorderChange(Shape):
    """What to change: the tier, the card (a saved one), or `new_card` asks for another."""

    tier_id: MaybeId = ""
    card_id: MaybeId = ""
    new_card: bool = False

    def change(self) -> Change:
        """Return it as changing knows it."""
        return Change(**self.model_dump())


class Ids(Shape):
    """The pre-orders to decide, by id."""

    ids: Annotated[list[Id], Field(min_length=1, max_length=rules.MOST_AT_ONCE)]


class WhichClub(Shape):
    """The club whose pre-orders are meant."""

    club_id: Id


class MineQuery(BaseModel):
    """Which of your pre-orders: after the page before."""

    after: str | None = Field(default=None, max_length=60)
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class EventQuery(BaseModel):
    """Which pre-orders of an event: of a club, of a status, with words, after the page before."""

    club: str | None = Field(default=None, max_length=60)
    words: str = Field(default="", max_length=100)
    status: str | None = Field(default=None, max_length=20)
    after: str | None = Field(default=None, max_length=60)
    limit: Annotated[int, Field(ge=1, le=500)] = 100


class PreorderBody(BaseModel):
    """A pre-order as its member sees it; amounts in minor units, times in ms UTC.

    `word` is the status as it is shown, `seed_1` and `seed_2` as the two briefs say it ('' where
    they do not). `card_url`: where the card is given, right after placing or asking for another.
    `changeable_until`: null once nothing can be changed.
    """

    id: str
    number: str
    club_id: str
    club: str
    event_id: str
    event: str
    event_slug: str
    event_start_at: int
    tier_id: str
    tier: str
    week: str
    status: str
    word: str
    seed_1: str
    seed_2: str
    hint: str
    sentence: str
    currency: str
    price: int
    discount: int
    fee: int
    tax: int
    total: int
    card_brand: str
    card_last4: str
    card_url: str
    page: str
    changeable_until: int | None
    charge_at: int
    needs_action_until: int | None
    failure_code: str
    ticket_id: int | None
    created_at: int
    confirmed_at: int | None
    paid_at: int | None
    fulfilled_at: int | None
    closed_at: int | None
    now: int


class PreordersBody(BaseModel):
    """Your pre-orders, the newest first; `next` is the `after` of the following page."""

    pre_orders: list[PreorderBody]
    next: str | None


class AdminPreorder(BaseModel):
    """A pre-order as its organizer sees it."""

    id: str
    number: str
    club_id: str
    member_id: str
    event_id: str
    tier_id: str
    tier: str
    week: str
    name: str
    email: str
    status: str
    word: str
    currency: str
    price: int
    discount: int
    fee: int
    tax: int
    total: int
    card_brand: str
    card_last4: str
    reserved: bool
    draw_rank: int | None
    decided_by: str
    decided_at: int | None
    failure_code: str
    payment_intent_id: str | None
    ticket_id: int | None
    created_at: int
    confirmed_at: int | None
    paid_at: int | None
    fulfilled_at: int | None
    closed_at: int | None


class TierCounts(BaseModel):
    """How many pre-orders of a club want a tier, by status."""

    club_id: str
    tier_id: str
    by_status: dict[str, int]


class AdminPreorders(BaseModel):
    """An event's pre-orders, the newest first, and counts of all of them."""

    pre_orders: list[AdminPreorder]
    counts: list[TierCounts]
    next: str | None


class DecidedBody(BaseModel):
    """What was decided now, what was so already, and why others could not be (a code by id)."""

    done: list[str]
    already: list[str]
    refused: dict[str, str]


class CardBody(BaseModel):
    """A saved card."""

    id: str
    brand: str
    last4: str
    expires: str
    created_at: int


class CardsBody(BaseModel):
    """Your saved cards, the newest first."""

    cards: list[CardBody]


class DrawBody(BaseModel):
    """A draw that was held, computed again: ids by place, and what is wrong with it."""

    fair: bool
    commitment: str
    seed: str
    seed_fits: bool
    places: list[str]
    wrong: list[str]
    passed_over: list[str]


def preorder_body(
    settings: Any, view: PreorderView, now: int, card_url: str = ""
) -> dict[str, Any]:
    """Return a pre-order as the API tells its member."""
    preorder, event, club = view.preorder, view.event, view.club
    fields = {
        name: getattr(preorder, name)
        for name in PreorderBody.model_fields
        if hasattr(preorder, name)
    }
    words, window = words_of(preorder.status), window_of(club, preorder)
    changeable = preorder.status in rules.CHANGEABLE and now < window.closes
    return PreorderBody(
        **{
            **fields,
            "club": club.name,
            "event": event.title,
            "event_slug": event.slug,
            "event_start_at": event.start_at,
            "tier": preorder.tier_name,
            "word": words.shown,
            "seed_1": words.seed_1,
            "seed_2": words.seed_2,
            "hint": words.hint,
            "sentence": sentence_of(club),
            "card_url": card_url,
            "page": page_of(settings, preorder.id),
            "changeable_until": window.closes if changeable else None,
            "charge_at": charge_time_of(club, preorder),
            "now": now,
        }
    ).model_dump()


def admin_body(preorder: Any) -> dict[str, Any]:
    """Return a pre-order as the API tells its organizer."""
    fields = {
        name: getattr(preorder, name)
        for name in AdminPreorder.model_fields
        if hasattr(preorder, name)
    }
    words = words_of(preorder.status)
    return AdminPreorder(**{**fields, "tier": preorder.tier_name, "word": words.shown}).model_dump()


def counts_body(count: TierCount) -> dict[str, Any]:
    """Return a count as the API tells it."""
    return {
        "club_id": count.club_id,
        "tier_id": count.tier_id,
        "by_status": dict(sorted(count.by_status.items())),
    }


def decided_body(decided: Decided) -> dict[str, Any]:
    """Return decisions as the API tells them."""
    return {"done": decided.done, "already": decided.already, "refused": decided.refused}


def card_body(card: SavedCard) -> dict[str, Any]:
    """Return a saved card as the API tells it."""
    return {name: getattr(card, name) for name in CardBody.model_fields}


def draw_body(report: DrawReport) -> dict[str, Any]:
    """Return a draw as the API tells it."""
    return {name: getattr(report, name) for name in DrawBody.model_fields}
