"""Orders, their lines, and what buyers agreed to."""

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Order(Base):
    """One purchase: a hold while `pending`, tickets once `paid`; amounts in minor units.

    `buyer_key`: keyed hash of the browser's cookie, or "user:<id>". `network`: keyed hash of
    the network it came from. `checkout_attempt` counts Checkout Sessions, each under an
    idempotency key of its own; what a session is made of is stored before the call.
    `tax_mode` "stripe": the tax is known once the page is paid. `discount_code_id` and
    `access_code_id`: codes of which this order has taken a use. `waitlist_offer_id`: the offer of a
    waiting list whose tickets this order has.
    `access_hash`: hash of the secret in mailed links. Status: see `rules.MOVES`.
    `origin`: "checkout" (bought here), "comp" (given by the organizer) or "manual" (sold by them,
    paid elsewhere as `paid_by` says); `note` is the organizer's own about such an order.
    """

    __tablename__ = "tickets_orders"
    __table_args__ = (
        Index(
            "uq_tickets_orders_pending_buyer",
            "buyer_key",
            unique=True,
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        # All that `filter_orders` asks for: who finds nothing has read this and no whole order.
        Index(
            "ix_tickets_orders_event",
            *("event_id", "created_at", "id", "status", "origin"),
            *("discount_code_id", "access_code_id", "number", "name", "email"),
        ),
        Index("ix_tickets_orders_organizer", "organizer_id", "created_at", "id"),
        Index("ix_tickets_orders_buyer", "buyer_key", "created_at"),
        Index("ix_tickets_orders_email", "email"),
        Index("ix_tickets_orders_created", "created_at"),
        Index(
            "ix_tickets_orders_code",
            "discount_code_id",
            sqlite_where=text("discount_code_id IS NOT NULL"),
            postgresql_where=text("discount_code_id IS NOT NULL"),
        ),
        Index(
            "ix_tickets_orders_access",
            "access_code_id",
            sqlite_where=text("access_code_id IS NOT NULL"),
            postgresql_where=text("access_code_id IS NOT NULL"),
        ),
        Index(
            "ix_tickets_orders_by_hand",
            "event_id",
            sqlite_where=text("origin <> 'checkout'"),
            postgresql_where=text("origin <> 'checkout'"),
        ),
        Index(
            "ix_tickets_orders_pending",
            "expires_at",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_tickets_orders_pending_event",
            "event_id",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
        Index(
            "ix_tickets_orders_pending_network",
            "network",
            sqlite_where=text("status = 'pending'"),
            postgresql_where=text("status = 'pending'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    buyer_key: Mapped[str]
    user_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_users.id"))
    network: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="pending")
    email: Mapped[str] = mapped_column(default="")
    name: Mapped[str] = mapped_column(default="")
    phone: Mapped[str] = mapped_column(default="")
    language: Mapped[str] = mapped_column(default="en")
    currency: Mapped[str]
    subtotal: Mapped[int]
    discount: Mapped[int] = mapped_column(default=0)
    fees: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    application_fee: Mapped[int] = mapped_column(default=0)
    tax_mode: Mapped[str] = mapped_column(default="none")
    discount_code_id: Mapped[str | None]
    waitlist_offer_id: Mapped[str | None]
    access_code_id: Mapped[str | None]
    refunded: Mapped[int] = mapped_column(default=0)
    access_hash: Mapped[str] = mapped_column(default="")
    expires_at: Mapped[int]
    account: Mapped[str] = mapped_column(default="")
    charge_type: Mapped[str] = mapped_column(default="")
    checkout_attempt: Mapped[int] = mapped_column(default=0)
    checkout_state: Mapped[str] = mapped_column(default="")
    checkout_session_id: Mapped[str | None] = mapped_column(unique=True)
    checkout_url: Mapped[str] = mapped_column(Text, default="")
    checkout_expires_at: Mapped[int | None]
    payment_error: Mapped[str] = mapped_column(default="")
    terms_at: Mapped[int | None]
    created_at: Mapped[int]
    placed_at: Mapped[int | None]
    closed_at: Mapped[int | None]
    close_reason: Mapped[str] = mapped_column(default="")
    reminded_at: Mapped[int | None]
    origin: Mapped[str] = mapped_column(default="checkout", server_default="checkout")
    paid_by: Mapped[str] = mapped_column(default="", server_default="")
    note: Mapped[str] = mapped_column(Text, default="", server_default="")


class EventSales(Base):
    """Sums over an event's placed orders, kept by `keep_sales`; amounts in minor units.

    What was paid elsewhere is in none of the amounts.
    `tickets` counts what was sold, refunded ones too.
    """

    __tablename__ = "tickets_event_sales"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    orders: Mapped[int] = mapped_column(default=0)
    tickets: Mapped[int] = mapped_column(default=0)
    gross: Mapped[int] = mapped_column(default=0)
    refunded: Mapped[int] = mapped_column(default=0)


class OrderItem(Base):
    """A line of an order: some tickets of one tier, with its price as it was computed.

    `unit_price` is before discount; `discount`, `fee`, `tax` and `total` are of the whole line.
    `names_json`: a list of holders' names, empty when all are the buyer's. `taxes_json`: a list of
    [name, millionths, amount], which add up to `tax`.
    """

    __tablename__ = "tickets_order_items"
    __table_args__ = (
        UniqueConstraint("order_id", "position"),
        Index("ix_tickets_order_items_tier", "tier_id", "order_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str] = mapped_column(ForeignKey("tickets_orders.id"))
    position: Mapped[int]
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    tier_name: Mapped[str]
    qty: Mapped[int]
    unit_price: Mapped[int]
    discount: Mapped[int] = mapped_column(default=0)
    fee: Mapped[int] = mapped_column(default=0)
    tax: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]
    names_json: Mapped[str] = mapped_column(Text, default="[]")
    taxes_json: Mapped[str] = mapped_column(Text, default="[]")


class Consent(Base):
    """Whether an organizer may write to somebody about other events, in which words asked."""

    __tablename__ = "tickets_consents"

    email: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_orders.id"))
    wording: Mapped[str] = mapped_column(Text)
    given_at: Mapped[int]
    withdrawn_at: Mapped[int | None]


class ExportSchedule(Base):
    """Who of the team is mailed day by day, or week by week, where an event's file is.

    `what`: "orders" (those begun since the mail before) or "guests" (all). `weekday`: 0 is Monday,
    None is daily; it and `hour` are in the event's time zone. `people_json`: a list of user ids.
    `due_at`: the next one; None while it is paused, which `paused_for` tells: "" by somebody,
    "over" because the event is, "nobody" because nobody of these runs it any more. `last_at`: up
    to when the last one went, `last_count` to how many people.
    """

    __tablename__ = "tickets_export_schedules"
    __table_args__ = (
        Index("ix_tickets_export_schedules_event", "event_id"),
        Index("ix_tickets_export_schedules_due", "due_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    what: Mapped[str]
    columns_json: Mapped[str] = mapped_column(Text)
    weekday: Mapped[int | None]
    hour: Mapped[int]
    people_json: Mapped[str] = mapped_column(Text)
    created_by: Mapped[str]
    created_at: Mapped[int]
    due_at: Mapped[int | None]
    paused_for: Mapped[str] = mapped_column(default="")
    last_at: Mapped[int | None]
    last_count: Mapped[int] = mapped_column(default=0)


class ExportRun(Base):
    """One file that was told of by mail; it is made when somebody fetches it.

    `since` and `until`: of orders, when they were begun, the last not included.
    """

    __tablename__ = "tickets_export_runs"
    __table_args__ = (Index("ix_tickets_export_runs_created", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[str] = mapped_column(ForeignKey("tickets_export_schedules.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    since: Mapped[int]
    until: Mapped[int]
    created_at: Mapped[int]
