"""Waiting lists of events, who waits on them, and what they were offered."""

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base

_IN_LINE = "status IN ('unconfirmed', 'waiting', 'offered')"
_LIVE = "status IN ('open', 'ordered')"


class Waitlist(Base):
    """How an event's waiting list works; an event without a row has none.

    `open`: people may join. `auto`: what becomes free is kept for the list and offered by itself.
    `members_first`: members of the event's clubs come before others. `offer_hours`: how long an
    offer stands.
    """

    __tablename__ = "tickets_waitlists"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    open: Mapped[bool]
    auto: Mapped[bool]
    members_first: Mapped[bool]
    offer_hours: Mapped[int]
    updated_at: Mapped[int]


class Waiting(Base):
    """Somebody who waits for `qty` tickets of a tier; `tier_id` '' is whichever is free first.

    `fewer`: takes less rather than nothing. `since`: when the address was confirmed; it decides
    the order. `lift`: above 0 where the organizer has put somebody in front. Status: see
    `rules.STATUSES`.
    """

    __tablename__ = "tickets_waiting"
    __table_args__ = (
        Index("ix_tickets_waiting_line", "event_id", "status", "since"),
        Index("ix_tickets_waiting_email", "email"),
        Index(
            "uq_tickets_waiting_wish",
            "event_id",
            "tier_id",
            "email",
            unique=True,
            sqlite_where=text(_IN_LINE),
            postgresql_where=text(_IN_LINE),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(default="")
    qty: Mapped[int]
    fewer: Mapped[bool]
    email: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_users.id"))
    language: Mapped[str]
    status: Mapped[str]
    lift: Mapped[int] = mapped_column(default=0)
    since: Mapped[int]
    created_at: Mapped[int]
    closed_at: Mapped[int | None]


class WaitOffer(Base):
    """Tickets held for somebody who waited; `qty` of one tier, until `expires_at`.

    While it is `open` the offer holds the stock itself; `ordered`: a pending order does; then
    `bought`. `expired` and `withdrawn` hold nothing. `by_hand`: the organizer chose whom.
    """

    __tablename__ = "tickets_waiting_offers"
    __table_args__ = (
        Index("ix_tickets_waiting_offers_event", "event_id", "status"),
        Index("ix_tickets_waiting_offers_due", "status", "expires_at"),
        Index(
            "uq_tickets_waiting_offers_live",
            "waiting_id",
            unique=True,
            sqlite_where=text(_LIVE),
            postgresql_where=text(_LIVE),
        ),
        Index("ix_tickets_waiting_offers_waiting", "waiting_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    waiting_id: Mapped[str] = mapped_column(ForeignKey("tickets_waiting.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str]
    qty: Mapped[int]
    status: Mapped[str] = mapped_column(default="open")
    by_hand: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[int]
    expires_at: Mapped[int]
    closed_at: Mapped[int | None]
