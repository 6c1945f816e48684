"""What looked odd about purchases, and the domains of addresses that administrators watch."""

from sqlalchemy import Index, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class FraudSignal(Base):
    """Something odd, once for each day (UTC, `day` "YYYY-MM-DD"); nothing is decided by it.

    `kind`: see `rules.KINDS`. `subject`: a keyed hash of a network, an address or a card; an
    order's id; a domain's name. `n`: the most that was counted. `orders_json`: ids of orders, the
    latest first, at most 20.
    """

    __tablename__ = "tickets_fraud_signals"
    __table_args__ = (
        UniqueConstraint("kind", "subject", "day"),
        Index("ix_tickets_fraud_signals_last", "last_at", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    subject: Mapped[str]
    day: Mapped[str]
    n: Mapped[int]
    orders_json: Mapped[str] = mapped_column(Text, default="[]")
    first_at: Mapped[int]
    last_at: Mapped[int]


class WatchedDomain(Base):
    """A domain whose addresses are pointed out; what lies below it counts, too."""

    __tablename__ = "tickets_watched_domains"

    domain: Mapped[str] = mapped_column(primary_key=True)
    note: Mapped[str] = mapped_column(default="")
    added_by: Mapped[str]
    added_at: Mapped[int]
