"""What all holders of an event are told, and events that were cancelled."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Notice(Base):
    """Something told to every holder of an event, one mail each.

    `kind`: cancelled, postponed or message. `subject` and `body` are the organizer's own words.
    `total` is how many are told. `finished_at`: when every mail was queued.
    """

    __tablename__ = "tickets_notices"
    __table_args__ = (Index("ix_tickets_notices_event", "event_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    kind: Mapped[str]
    subject: Mapped[str] = mapped_column(Text, default="")
    body: Mapped[str] = mapped_column(Text, default="")
    total: Mapped[int]
    requested_by: Mapped[str]
    created_at: Mapped[int]
    finished_at: Mapped[int | None]


class NoticeReader(Base):
    """Somebody who is told, named by what they hold: "order:…", "preorder:…", "ticket:…", or
    "waiting:…" of who is on the waiting list.

    No address stands here, so that nothing is left to erase. `mail_id`: '' until it is queued,
    "-" when there is nobody to write to any more.
    """

    __tablename__ = "tickets_notice_readers"
    __table_args__ = (
        Index(
            "ix_tickets_notice_readers_waiting",
            "notice_id",
            sqlite_where=text("mail_id = ''"),
            postgresql_where=text("mail_id = ''"),
        ),
    )

    notice_id: Mapped[str] = mapped_column(ForeignKey("tickets_notices.id"), primary_key=True)
    holds: Mapped[str] = mapped_column(primary_key=True)
    mail_id: Mapped[str] = mapped_column(default="")


class Cancellation(Base):
    """An event that was cancelled, and how far giving everything back has come.

    `finished_at`: when nothing was left to close or to ask back. `waits_for`: what the run waits
    for: '' or "payments" (somebody is paying at this moment, or a charge is on its way).
    """

    __tablename__ = "tickets_cancellations"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    notice_id: Mapped[str] = mapped_column(ForeignKey("tickets_notices.id"))
    note: Mapped[str] = mapped_column(Text, default="")
    orders: Mapped[int]
    preorders: Mapped[int]
    guests: Mapped[int]
    waits_for: Mapped[str] = mapped_column(default="")
    requested_by: Mapped[str]
    created_at: Mapped[int]
    finished_at: Mapped[int | None]


class CancelledPart(Base):
    """An order, pre-order or guest's ticket of a cancelled event that was dealt with.

    `holds` as in `NoticeReader`. `outcome`: refunding, free, or kept, when no refund could be
    asked for; `problem` then says why.
    """

    __tablename__ = "tickets_cancelled_parts"

    holds: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), index=True)
    outcome: Mapped[str]
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[int]


class Shortfall(Base):
    """An event that has less room than tickets were sold; the last bought are given back.

    `capacity`: how many there is room for. `message`: the organizer's own words to those who lose
    their tickets. `finished_at`: when no more were sold than there is room for.
    """

    __tablename__ = "tickets_shortfalls"
    __table_args__ = (Index("ix_tickets_shortfalls_event", "event_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    capacity: Mapped[int]
    message: Mapped[str] = mapped_column(Text, default="")
    requested_by: Mapped[str]
    created_at: Mapped[int]
    finished_at: Mapped[int | None]


class ShortfallOrder(Base):
    """An order whose tickets there was no room for; `outcome`, `problem`: see `CancelledPart`."""

    __tablename__ = "tickets_shortfall_orders"

    order_id: Mapped[str] = mapped_column(primary_key=True)
    shortfall_id: Mapped[str] = mapped_column(ForeignKey("tickets_shortfalls.id"), index=True)
    tickets: Mapped[int]
    outcome: Mapped[str]
    problem: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[int]
