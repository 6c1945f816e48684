"""What the API takes and tells about orders; amounts in minor units, times in ms UTC."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from handstamp.discounts.rules import MOST_AT_ONCE
from handstamp.events.shapes import Shape
from handstamp.events.tax_lines import taxes_of
from handstamp.kit.clock import Millis
from handstamp.orders.find_orders import names_of
from handstamp.orders.models import Order, OrderItem
from handstamp.orders.rules import MOST_LINES, MOST_TICKETS
from handstamp.orders.start_checkout import LONGEST_LINE, LONGEST_PHONE, BuyerDetails
from handstamp.tickets.models import Ticket

Id = Annotated[str, Field(min_length=1, max_length=60)]
Typed = Annotated[str, Field(max_length=LONGEST_LINE)]


class WantedTickets(Shape):
    """So many tickets of one tier."""

    tier_id: Id
    quantity: Annotated[int, Field(ge=1, le=MOST_TICKETS)]


class NewOrder(Shape):
    """Which tickets to hold; `discount_code` takes something off, `access_codes` open hidden tiers.

    Any code may stand in either place.
    """

    tickets: Annotated[list[WantedTickets], Field(min_length=1, max_length=MOST_LINES)]
    access_codes: list[Typed] = Field(default_factory=list, max_length=MOST_AT_ONCE)
    discount_code: Typed = ""

    def codes(self) -> list[str]:
        """Return all codes."""
        return [*self.access_codes, self.discount_code]

    def wants(self) -> dict[str, int]:
        """Return how many of each tier; a tier named twice counts together."""
        sums: dict[str, int] = {}
        for wanted in self.tickets:
            sums[wanted.tier_id] = sums.get(wanted.tier_id, 0) + wanted.quantity
        return sums


class Details(Shape):
    """Who buys. `names`: holders by tier id, in order; `terms` must be agreed to."""

    email: Annotated[str, Field(max_length=320)]
    name: Typed
    phone: Annotated[str, Field(max_length=LONGEST_PHONE)] = ""
    names: dict[Id, Annotated[list[Typed], Field(max_length=MOST_TICKETS)]] = Field(
        default_factory=dict, max_length=MOST_LINES
    )
    marketing: bool = False
    terms: bool = False

    def details(self) -> BuyerDetails:
        """Return them as the use case takes them."""
        return BuyerDetails(
            self.email, self.name, self.phone, self.names, self.marketing, self.terms
        )


class NewSession(NewOrder, Details):
    """A hold and its payment page in one: an event, tickets, and who buys."""

    event_id: Id


class TaxPart(BaseModel):
    """A tax of a line; `ppm` is its rate in millionths, 0 when Stripe Tax worked it out."""

    name: str
    ppm: int
    amount: int


class ItemBody(BaseModel):
    """A line of an order; all but `unit_price` are of the whole line. A refund names it by `id`."""

    id: str
    tier_id: str
    tier_name: str
    quantity: int
    unit_price: int
    discount: int
    fee: int
    tax: int
    taxes: list[TaxPart]
    total: int
    names: list[str]


class OrderBody(BaseModel):
    """An order as its buyer and its organizer see it; `now` is the server's time.

    `status`: pending, paid, expired, cancelled, partially_refunded, refunded, late_refunded.
    `payment_error` is the code of the last payment that was declined. `tax_mode` "stripe": tax
    is added on the payment page, and is in `tax` and `total` once it is paid. `origin`: checkout,
    comp (given) or manual (paid elsewhere, as `paid_by` says).
    """

    model_config = ConfigDict(from_attributes=True)

    id: str
    number: str
    event_id: str
    origin: str
    paid_by: str
    status: str
    email: str
    name: str
    phone: str
    currency: str
    subtotal: int
    discount: int
    fees: int
    tax: int
    tax_mode: str
    discount_code_id: str | None
    total: int
    refunded: int
    expires_at: int
    created_at: int
    placed_at: int | None
    closed_at: int | None
    close_reason: str
    payment_error: str
    items: list[ItemBody]
    now: int


class OrderPage(BaseModel):
    """Orders, the newest first; `next` is the `after` of the following page."""

    orders: list[OrderBody]
    next: str | None


class FilterQuery(BaseModel):
    """Which orders of an event: with words in them, of a status, begun on some days (YYYY-MM-DD in
    the event's time zone, both included), with a tier, with a code (both by id), of an origin.
    """

    words: str = Field(default="", max_length=100)
    status: str = Field(default="", max_length=20)
    since: str = Field(default="", max_length=10)
    until: str = Field(default="", max_length=10)
    tier: str = Field(default="", max_length=60)
    code: str = Field(default="", max_length=60)
    origin: str = Field(default="", max_length=20)

    def members(self) -> dict[str, str]:
        """Return what `read_filter` reads."""
        return {name: getattr(self, name) for name in FilterQuery.model_fields}


class OrderQuery(FilterQuery):
    """Which orders of an event, after the page before."""

    after: str | None = Field(default=None, max_length=60)
    limit: Annotated[int, Field(ge=1, le=200)] = 50


class CodeQuery(BaseModel):
    """A code, or several between spaces, that may open hidden tiers."""

    code: str = Field(default="", max_length=250)


class LinkQuery(BaseModel):
    """The secret of a mailed link, for who asks from another browser."""

    key: str = Field(default="", max_length=100)


class SessionBody(BaseModel):
    """Where a buyer goes on: Stripe's page, or a form's secret; `done`: nothing is left to pay."""

    order_id: str
    number: str
    expires_at: int
    total: int
    currency: str
    url: str
    client_secret: str
    done: bool


class BoughtTicket(BaseModel):
    """A ticket of an order; `code` is the text of its QR, empty when it is not valid."""

    id: int
    printed_id: str
    tier_id: str
    status: str
    holder_name: str
    code: str


class BoughtTickets(BaseModel):
    """The tickets of an order; none before it is paid."""

    tickets: list[BoughtTicket]


class TierLeft(BaseModel):
    """What is left of a tier; null is without limit."""

    model_config = ConfigDict(from_attributes=True)

    id: str
    name: str
    price: int
    currency: str
    capacity: int | None
    sold: int
    remaining: int | None
    max_per_order: int
    can_buy: int
    state: str
    sales_start_at: int | None
    sales_end_at: int | None


class EventLeft(BaseModel):
    """What is left of an event; `state`: on_sale, few_left, sold_out, not_yet, ended, closed."""

    model_config = ConfigDict(from_attributes=True)

    event_id: str
    capacity: int | None
    sold: int
    remaining: int | None
    state: str
    tiers: list[TierLeft]


class Resent(BaseModel):
    """The mail that is on its way."""

    mail: str


def order_body(order: Order, items: list[OrderItem], now: Millis) -> dict[str, Any]:
    """Return an order as the API tells it."""
    fields = {name: getattr(order, name) for name in OrderBody.model_fields if hasattr(order, name)}
    told = [_item(item) for item in items]
    return OrderBody(**{**fields, "items": told, "now": now}).model_dump()


def ticket_body(ticket: Ticket, code: str) -> dict[str, Any]:
    """Return a bought ticket as the API tells it."""
    return BoughtTicket(
        id=ticket.id,
        printed_id=ticket.printed_id,
        tier_id=ticket.tier_id,
        status=ticket.status,
        holder_name=ticket.holder_name,
        code=code,
    ).model_dump()


def _item(item: OrderItem) -> ItemBody:
    return ItemBody(
        id=item.id,
        tier_id=item.tier_id,
        tier_name=item.tier_name,
        quantity=item.qty,
        unit_price=item.unit_price,
        discount=item.discount,
        fee=item.fee,
        tax=item.tax,
        taxes=[TaxPart(**tax._asdict()) for tax in taxes_of(item)],
        total=item.total,
        names=names_of(item),
    )
