"""Sums of sales, kept so that no page adds up an organizer's orders."""

from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class SalesSum(Base):
    """What one part of an event's or an organizer's sales comes to; see `rules.Sums`.

    `owner` is an event's or an organizer's id. `part` says what `name` is: of an event a `tier`
    (by `day`; '' is what belongs to no single tier) or a `code` (no day); of an organizer an
    `event` (no day) or the `day` alone. `day` is YYYY-MM-DD in the event's own zone, or ''.
    """

    __tablename__ = "tickets_sales_sums"

    owner: Mapped[str] = mapped_column(primary_key=True)
    part: Mapped[str] = mapped_column(primary_key=True)
    day: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    orders: Mapped[int] = mapped_column(default=0)
    units: Mapped[int] = mapped_column(default=0)
    comps: Mapped[int] = mapped_column(default=0)
    elsewhere: Mapped[int] = mapped_column(default=0)
    outside: Mapped[int] = mapped_column(default=0)
    discount: Mapped[int] = mapped_column(default=0)
    prices: Mapped[int] = mapped_column(default=0)
    fees: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    prices_back: Mapped[int] = mapped_column(default=0)
    fees_back: Mapped[int] = mapped_column(default=0)
    tax_back: Mapped[int] = mapped_column(default=0)
    platform_fees: Mapped[int] = mapped_column(default=0)
    stripe_fees: Mapped[int] = mapped_column(default=0)
    lost: Mapped[int] = mapped_column(default=0)
