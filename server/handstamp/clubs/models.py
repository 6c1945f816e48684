"""Clubs, who is in them, how one gets in, and what their members may pre-order."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Club(Base):
    """An organizer's invite-only club, in its own time zone.

    `discount_bp`: what members get off, in hundredths of a percent. `per_week`: pre-orders that
    a member may place in a week. Charges begin on `charge_weekday` (0 = Monday) at `charge_at`
    ("19:00"), by `charge_start`: manual or clock. `next_in_line`: a declined card's ticket goes
    to the next member. `recovery_hours`: how long a bank's question may be answered; 0 = it
    counts as declined. `charge_account`: organizer or platform.
    """

    __tablename__ = "tickets_clubs"

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), index=True)
    name: Mapped[str]
    about: Mapped[str] = mapped_column(Text, default="")
    time_zone: Mapped[str]
    discount_bp: Mapped[int] = mapped_column(default=0)
    per_week: Mapped[int] = mapped_column(default=1)
    charge_weekday: Mapped[int] = mapped_column(default=1)
    charge_at: Mapped[str] = mapped_column(default="19:00")
    charge_start: Mapped[str] = mapped_column(default="manual")
    charge_account: Mapped[str] = mapped_column(default="organizer")
    next_in_line: Mapped[bool] = mapped_column(default=True)
    recovery_hours: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[int]
    updated_at: Mapped[int]
    archived_at: Mapped[int | None]


class ClubMember(Base):
    """A person in a club, known by e-mail. Status: invited, active, left, removed."""

    __tablename__ = "tickets_club_members"
    __table_args__ = (
        UniqueConstraint("club_id", "email"),
        Index("ix_tickets_club_members_user", "user_id"),
        Index("ix_tickets_club_members_email", "email"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"))
    email: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_users.id"))
    name: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="invited")
    invited_by: Mapped[str] = mapped_column(default="")
    invited_at: Mapped[int]
    joined_at: Mapped[int | None]
    ended_at: Mapped[int | None]


class ClubInvite(Base):
    """A code or link that lets people in; stored as a hash, limited in uses and time."""

    __tablename__ = "tickets_club_invites"

    id: Mapped[str] = mapped_column(primary_key=True)
    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"), index=True)
    code_hash: Mapped[str] = mapped_column(unique=True)
    note: Mapped[str] = mapped_column(default="")
    most_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str]
    created_at: Mapped[int]
    expires_at: Mapped[int | None]
    revoked_at: Mapped[int | None]


class ClubEvent(Base):
    """An event that a club's members may pre-order in the week that begins on `week`.

    `week`: the Monday, "YYYY-MM-DD" in the club's zone. `charge_mode`: stock_confirmed (charged
    only with reserved stock) or prepaid. `stock`: native (the event's own capacity), declared
    (`ClubStock`, filled from elsewhere) or pool (what is uploaded and free). `allocation`:
    first_come or draw; a draw's seed is sealed and its commitment (hex SHA-256) published before
    the window ends. Whoever has paid and has no ticket at `ticket_deadline_at` gets the money
    back. `auto_fill`: tickets that are uploaded and nobody has paid for approve, by themselves, who
    waits for a decision.
    """

    __tablename__ = "tickets_club_events"
    __table_args__ = (Index("ix_tickets_club_events_event", "event_id"),)

    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    week: Mapped[str]
    charge_mode: Mapped[str] = mapped_column(default="stock_confirmed")
    stock: Mapped[str] = mapped_column(default="native")
    allocation: Mapped[str] = mapped_column(default="first_come")
    draw_commitment: Mapped[str] = mapped_column(default="")
    draw_seed: Mapped[bytes | None]
    draw_revealed_at: Mapped[int | None]
    ticket_deadline_at: Mapped[int]
    auto_fill: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[int]
    updated_at: Mapped[int]
    withdrawn_at: Mapped[int | None]


class ClubStock(Base):
    """How many tickets of a variant a club has been promised from elsewhere, and what is taken.

    `reserved`: set aside and handed over.
    """

    __tablename__ = "tickets_club_stock"
    __table_args__ = (CheckConstraint("reserved >= 0 AND reserved <= declared", name="reserved"),)

    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"), primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"), primary_key=True)
    declared: Mapped[int] = mapped_column(default=0)
    reserved: Mapped[int] = mapped_column(default=0)
