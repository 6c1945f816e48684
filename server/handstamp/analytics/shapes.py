"""What the API says about sales."""

from datetime import date
from typing import Annotated

from pydantic import BaseModel, Field, field_validator, model_validator

from handstamp.analytics.rules import Sums

_DAY = r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$"
Day = Annotated[str, Field(pattern=_DAY)]


class MetricsQuery(BaseModel):
    """From which day until which, both included (YYYY-MM-DD, the event's own zone)."""

    since: Day | None = Field(default=None, alias="from")
    until: Day | None = None

    @field_validator("since", "until")
    @classmethod
    def _in_the_calendar(cls, value: str | None) -> str | None:
        if value is not None:
            date.fromisoformat(value)
        return value

    @model_validator(mode="after")
    def _in_order(self) -> "MetricsQuery":
        if self.since and self.until and self.since > self.until:
            raise ValueError("'from' is after 'until'")
        return self


class Figures(BaseModel):
    """Sums of sales; amounts in minor units.

    `tickets` were sold here, `comps` given away, `paid_elsewhere` paid to the organizer directly,
    for `paid_elsewhere_total`, which is in no other amount. `gross` is what buyers paid: prices
    less `discount`, `fees` and `tax`. `refunds` went back, of which `fees_refunded` and
    `tax_refunded`. `platform_fees`, `stripe_fees` and `disputes_lost` were kept by others. `net`
    stays with the organizer: gross less refunds, the tax that is owed, and what others kept.
    """

    orders: int
    tickets: int
    comps: int
    paid_elsewhere: int
    paid_elsewhere_total: int
    gross: int
    discount: int
    fees: int
    tax: int
    refunds: int
    fees_refunded: int
    tax_refunded: int
    platform_fees: int
    stripe_fees: int
    disputes_lost: int
    net: int

    @staticmethod
    def of(sums: Sums) -> "Figures":
        """Return sums as they are told."""
        return Figures(
            orders=sums.orders,
            tickets=sums.units,
            comps=sums.comps,
            paid_elsewhere=sums.elsewhere,
            paid_elsewhere_total=sums.outside,
            gross=sums.gross,
            discount=sums.discount,
            fees=sums.fees,
            tax=sums.tax,
            refunds=sums.refunded,
            fees_refunded=sums.fees_back,
            tax_refunded=sums.tax_back,
            platform_fees=sums.platform_fees,
            stripe_fees=sums.stripe_fees,
            disputes_lost=sums.lost,
            net=sums.net,
        )


class DayFigures(BaseModel):
    """One day; days on which nothing happened are left out."""

    day: str
    figures: Figures


class TierFigures(BaseModel):
    """One tier, and how many tickets of it are left (null: no limit).

    `id` null stands for what belongs to no single tier: orders, costs, and refunds of amounts.
    """

    id: str | None
    name: str
    remaining: int | None
    figures: Figures


class CodeFigures(BaseModel):
    """Orders with one discount code, of all days."""

    id: str
    code: str
    figures: Figures


class EventMetrics(BaseModel):
    """What an event sold. `complete` false: the newest sales are still being added up."""

    event_id: str
    currency: str
    time_zone: str
    complete: bool
    remaining: int | None
    total: Figures
    series: list[DayFigures]
    tiers: list[TierFigures]
    codes: list[CodeFigures]


class SoldEvent(BaseModel):
    """What one event sold, on all days."""

    id: str
    title: str
    start_at: int
    figures: Figures


class CurrencyMetrics(BaseModel):
    """What all events of an organizer sold in one currency; `events` sold for the most."""

    currency: str
    complete: bool
    total: Figures
    series: list[DayFigures]
    events: list[SoldEvent]


class OrganizerMetrics(BaseModel):
    """What all events of an organizer sold, each currency by itself."""

    organizer_id: str
    currencies: list[CurrencyMetrics]
