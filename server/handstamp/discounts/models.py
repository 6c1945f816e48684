"""Codes that buyers type: discounts, and keys to hidden tiers."""

from sqlalchemy import ForeignKey, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Discount(Base):
    """A code of an event, as `rules.clean_code` writes it.

    `kind`: percent (`value` in basis points), fixed (`value` in minor units, off the whole order)
    or access (no discount). `reveals`: it opens hidden tiers. `tiers_json`: ids of the tiers it is
    for, empty is all. `used` counts orders that are pending or placed; it is at most `max_uses`
    unless that was lowered afterwards. `status`: active or off.
    """

    __tablename__ = "tickets_discounts"
    __table_args__ = (UniqueConstraint("event_id", "code"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    code: Mapped[str]
    kind: Mapped[str]
    value: Mapped[int] = mapped_column(default=0)
    reveals: Mapped[bool] = mapped_column(default=False)
    tiers_json: Mapped[str] = mapped_column(Text, default="[]")
    max_uses: Mapped[int | None]
    used: Mapped[int] = mapped_column(default=0)
    starts_at: Mapped[int | None]
    ends_at: Mapped[int | None]
    status: Mapped[str] = mapped_column(default="active")
    created_at: Mapped[int]
    updated_at: Mapped[int]
