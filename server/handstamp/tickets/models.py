"""Tickets, the keys that sign them, and guest-list files waiting for a decision."""

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId


class Ticket(Base):
    """One admission right. `serial` (40 random bits) is unique in the event.

    Status: valid, refunded, cancelled, disputed. `epoch` is raised when the ticket is
    re-issued. Every change sets `feed_seq` to NULL and raises `revision`; the door numbers
    the row after commit. `token_digest` is the first 8 bytes of SHA-256 of the current
    token's signature. `erased_at` marks a tombstone: personal fields are empty. A bought
    ticket names its order and line; `place` (from 0) within the line is unique, so a line's
    tickets are issued once. `code_digest`: of a code from elsewhere that admits its holder too.
    `note`: what a steward reads before admitting (R62); personal, so erased with the rest.
    """

    __tablename__ = "tickets_tickets"
    __table_args__ = (
        UniqueConstraint("event_id", "serial"),
        UniqueConstraint("event_id", "external_id"),
        Index("uq_tickets_tickets_order_item_place", "order_item_id", "place", unique=True),
        Index("ix_tickets_tickets_order", "order_id"),
        Index("ix_tickets_tickets_feed", "event_id", "feed_seq"),
        Index("ix_tickets_tickets_tier", "event_id", "status", "tier_no"),
        Index(
            "ix_tickets_tickets_code",
            "event_id",
            "code_digest",
            sqlite_where=text("code_digest IS NOT NULL"),
            postgresql_where=text("code_digest IS NOT NULL"),
        ),
        Index(
            "ix_tickets_tickets_passed_on",
            "holder_email",
            sqlite_where=text("order_ref = '' AND order_id IS NOT NULL"),
            postgresql_where=text("order_ref = '' AND order_id IS NOT NULL"),
        ),
        Index("ix_tickets_tickets_email", "holder_email"),
        Index(
            "ix_tickets_tickets_email_mixed",  # as a file wrote it, with capital letters
            "holder_email",
            sqlite_where=text("holder_email <> lower(holder_email)"),
            postgresql_where=text("holder_email <> lower(holder_email)"),
        ),
        Index(
            "ix_tickets_tickets_unnumbered",
            "event_id",
            sqlite_where=text("feed_seq IS NULL"),
            postgresql_where=text("feed_seq IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    tier_no: Mapped[int]
    serial: Mapped[int]
    printed_id: Mapped[str] = mapped_column(unique=True)
    epoch: Mapped[int] = mapped_column(default=1)
    status: Mapped[str] = mapped_column(default="valid")
    status_at: Mapped[int]
    holder_name: Mapped[str] = mapped_column(default="")
    holder_email: Mapped[str] = mapped_column(default="")
    order_ref: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(default="")
    external_id: Mapped[str | None]
    order_id: Mapped[str | None]
    order_item_id: Mapped[str | None]
    place: Mapped[int | None]
    key_id: Mapped[int]
    token_digest: Mapped[bytes]
    code_digest: Mapped[bytes | None]
    source: Mapped[str] = mapped_column(default="issued")
    revision: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[int]
    updated_at: Mapped[int]
    erased_at: Mapped[int | None]
    feed_seq: Mapped[int | None]


class Stock(Base):
    """How much of a tier is taken; `tier_id` '' stands for the whole event.

    `held`: tickets in pending orders. `issued`: tickets that are valid or disputed, however
    they came to be. What remains is the capacity less both.
    """

    __tablename__ = "tickets_stock"
    __table_args__ = (
        CheckConstraint("held >= 0", name="held"),
        CheckConstraint("issued >= 0", name="issued"),
    )

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    tier_id: Mapped[str] = mapped_column(primary_key=True)
    held: Mapped[int] = mapped_column(default=0)
    issued: Mapped[int] = mapped_column(default=0)


class SigningKey(Base):
    """A key that signs tickets; `key_id` is 0 to 31 and is not reused while in use.

    A key is published (`published_at`) at least a day before `active_at`; NULL = waiting
    in reserve. Only keys without `retired_at` may sign.
    """

    __tablename__ = "tickets_signing_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    key_id: Mapped[int]
    public: Mapped[bytes]
    sealed: Mapped[bytes]
    published_at: Mapped[int]
    active_at: Mapped[int | None]
    retired_at: Mapped[int | None]
    compromised_at: Mapped[int | None]


class GuestImport(Base):
    """An uploaded guest list between preview and commit; nothing is imported before commit."""

    __tablename__ = "tickets_guest_imports"

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), index=True)
    created_by: Mapped[str]
    filename: Mapped[str]
    content: Mapped[bytes | None]
    mapping_json: Mapped[str] = mapped_column(Text, default="{}")
    status: Mapped[str] = mapped_column(default="preview")
    result_json: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[int]
    committed_at: Mapped[int | None]
