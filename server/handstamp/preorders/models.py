"""Pre-orders, saved cards, runs that charge them, and where to push news to."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base

OPEN = (
    "status NOT IN ('cancelled', 'denied', 'not_allocated', 'failed', 'refunded', 'refund_failed')"
)


class PreOrder(Base):
    """One member's wish for one ticket; amounts in minor units, frozen when it is placed.

    `week`: the Monday of the week it was placed in, in the club's zone. `account`: where it is
    charged ('' = the platform). `charge_key` is stored before the call to Stripe and is the
    idempotency key of attempt `charge_attempt`; `destination` is stored with it. `setup_attempt`
    numbers the pages on which a card was asked for. `reserved`: stock is set aside for it.
    `total` is the price less the discount, with `fee` (what the member pays for the service) and
    `tax`, whose parts by name and rate are in `taxes_json`. `application_fee`: what Stripe keeps
    back for the platform.
    Status: see `rules.MOVES`.
    """

    __tablename__ = "tickets_pre_orders"
    __table_args__ = (
        Index(
            "uq_tickets_pre_orders_member_event",
            "member_id",
            "event_id",
            unique=True,
            sqlite_where=text(OPEN),
            postgresql_where=text(OPEN),
        ),
        Index("ix_tickets_pre_orders_event", "event_id", "created_at", "id"),
        Index("ix_tickets_pre_orders_club_week", "club_id", "week", "status"),
        Index("ix_tickets_pre_orders_user", "user_id", "created_at"),
        Index("ix_tickets_pre_orders_email", "email"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"))
    member_id: Mapped[str] = mapped_column(ForeignKey("tickets_club_members.id"))
    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"))
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    tier_name: Mapped[str]
    week: Mapped[str]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    status: Mapped[str]
    currency: Mapped[str]
    price: Mapped[int]
    discount: Mapped[int]
    fee: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    taxes_json: Mapped[str] = mapped_column(Text, default="[]")
    total: Mapped[int]
    account: Mapped[str] = mapped_column(default="")
    charge_type: Mapped[str] = mapped_column(default="")
    customer_id: Mapped[str] = mapped_column(default="")
    setup_attempt: Mapped[int] = mapped_column(default=0)
    setup_session_id: Mapped[str | None] = mapped_column(index=True)
    setup_intent_id: Mapped[str | None] = mapped_column(unique=True)
    payment_method_id: Mapped[str] = mapped_column(default="")
    card_brand: Mapped[str] = mapped_column(default="")
    card_last4: Mapped[str] = mapped_column(default="")
    mandate_text: Mapped[str] = mapped_column(Text, default="")
    mandate_at: Mapped[int | None]
    decided_by: Mapped[str] = mapped_column(default="")
    decided_at: Mapped[int | None]
    reserved: Mapped[bool] = mapped_column(default=False)
    draw_rank: Mapped[int | None]
    run_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_charge_runs.id"), index=True)
    charge_attempt: Mapped[int] = mapped_column(default=0)
    charge_key: Mapped[str] = mapped_column(default="")
    destination: Mapped[str] = mapped_column(default="")
    application_fee: Mapped[int] = mapped_column(default=0)
    charge_started_at: Mapped[int | None]
    payment_intent_id: Mapped[str | None] = mapped_column(unique=True)
    failure_code: Mapped[str] = mapped_column(default="")
    needs_action_until: Mapped[int | None]
    ticket_id: Mapped[int | None]
    created_at: Mapped[int]
    confirmed_at: Mapped[int | None]
    updated_at: Mapped[int]
    paid_at: Mapped[int | None]
    fulfilled_at: Mapped[int | None]
    closed_at: Mapped[int | None]


class SavedCard(Base):
    """A card that a person lets us charge later, as Stripe knows it on one account."""

    __tablename__ = "tickets_saved_cards"
    __table_args__ = (Index("ix_tickets_saved_cards_user", "user_id", "account"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"))
    account: Mapped[str]
    customer_id: Mapped[str]
    payment_method_id: Mapped[str] = mapped_column(unique=True)
    brand: Mapped[str] = mapped_column(default="")
    last4: Mapped[str] = mapped_column(default="")
    expires: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    removed_at: Mapped[int | None]


class StripeCustomer(Base):
    """Who a person is at Stripe, on each account."""

    __tablename__ = "tickets_stripe_customers"

    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"), primary_key=True)
    account: Mapped[str] = mapped_column(primary_key=True)
    customer_id: Mapped[str]
    created_at: Mapped[int]


class ChargeRun(Base):
    """One charging of a club's approved pre-orders of a week.

    State: running, paused, stopping, done. `slot`: the instant of the club's charge time it
    belongs to; a run started by the clock is unique by (club, slot, started_by='clock').
    """

    __tablename__ = "tickets_charge_runs"
    __table_args__ = (
        Index(
            "uq_tickets_charge_runs_clock",
            "club_id",
            "slot",
            unique=True,
            sqlite_where=text("started_by = 'clock'"),
            postgresql_where=text("started_by = 'clock'"),
        ),
        Index(
            "uq_tickets_charge_runs_open",
            "club_id",
            unique=True,
            sqlite_where=text("state <> 'done'"),
            postgresql_where=text("state <> 'done'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    club_id: Mapped[str] = mapped_column(ForeignKey("tickets_clubs.id"))
    week: Mapped[str]
    slot: Mapped[int]
    state: Mapped[str] = mapped_column(default="running")
    planned: Mapped[int] = mapped_column(default=0)
    planned_total: Mapped[int] = mapped_column(default=0)
    currency: Mapped[str] = mapped_column(default="")
    started_by: Mapped[str]
    started_at: Mapped[int]
    paused_at: Mapped[int | None]
    finished_at: Mapped[int | None]


class PushSubscription(Base):
    """A browser of a member that may be told when a ticket has come (RFC 8030)."""

    __tablename__ = "tickets_push_subscriptions"

    id: Mapped[str] = mapped_column(primary_key=True)
    user_id: Mapped[str] = mapped_column(ForeignKey("tickets_users.id"), index=True)
    endpoint: Mapped[str] = mapped_column(Text, unique=True)
    p256dh: Mapped[str]
    auth: Mapped[str]
    created_at: Mapped[int]
    last_used_at: Mapped[int | None]
