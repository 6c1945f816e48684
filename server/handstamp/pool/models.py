"""Tickets from elsewhere, who waits for one, who got which, and everything that was done."""

from sqlalchemy import ForeignKey, Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId

CURRENT = "ended_at IS NULL"
LOST = "ended_at IS NULL AND delivery_status IN ('bounced', 'complained', 'delivery_failed')"


class PoolUpload(Base):
    """One committed file. `digest`: keyed hash of its bytes; the same file is committed once.

    `format`: plain (Event, Variant, Email, Password) or with_code (and Code). `rows`: tickets it
    brought; `known`: rows whose ticket was here already.
    """

    __tablename__ = "tickets_pool_uploads"
    __table_args__ = (
        Index("uq_tickets_pool_uploads_file", "organizer_id", "digest", unique=True),
        Index("ix_tickets_pool_uploads_created", "organizer_id", "created_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    filename: Mapped[str]
    format: Mapped[str] = mapped_column(default="plain")
    digest: Mapped[str]
    rows: Mapped[int]
    known: Mapped[int] = mapped_column(default=0)
    created_by: Mapped[str]
    created_at: Mapped[int]


class PoolTicket(Base):
    """One ticket from elsewhere: an account's e-mail and password, sometimes a code to scan.

    Status: unassigned, assigned, unmatched (nobody waited for it at the last run), used, void
    (taken out of the pool). `sealed`: AES-256-GCM of JSON {"password", "code"} under the
    credential key `key_id`, bound to this id. `twin`: keyed hash of event, e-mail and password,
    by which a second copy is known. `code_digest`: what phones compare a scanned code with; no
    two tickets of an event have the same.
    """

    __tablename__ = "tickets_pool_tickets"
    __table_args__ = (
        Index("uq_tickets_pool_tickets_twin", "event_id", "twin", unique=True),
        Index(
            "uq_tickets_pool_tickets_code",
            "event_id",
            "code_digest",
            unique=True,
            sqlite_where=text("code_digest IS NOT NULL"),
            postgresql_where=text("code_digest IS NOT NULL"),
        ),
        Index("ix_tickets_pool_tickets_free", "event_id", "tier_id", "status", "created_at", "id"),
        Index("ix_tickets_pool_tickets_email", "event_id", "email"),
        Index("ix_tickets_pool_tickets_event", "event_id", "created_at", "line", "id"),
        Index("ix_tickets_pool_tickets_key", "key_id", "id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    upload_id: Mapped[str] = mapped_column(ForeignKey("tickets_pool_uploads.id"), index=True)
    line: Mapped[int]
    status: Mapped[str] = mapped_column(default="unassigned")
    email: Mapped[str]
    sealed: Mapped[bytes]
    key_id: Mapped[int]
    twin: Mapped[str]
    code_digest: Mapped[bytes | None]
    created_at: Mapped[int]
    updated_at: Mapped[int]
    used_at: Mapped[int | None]


class CredentialKey(Base):
    """A key that seals credentials, itself sealed under the installation's secret.

    The one with the highest id seals; a key goes when nothing is sealed with it any more.
    """

    __tablename__ = "tickets_credential_keys"

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    sealed: Mapped[bytes]
    created_at: Mapped[int]


class Demand(Base):
    """One paid wish for a ticket from elsewhere; `id` is the pre-order's.

    Status: waiting, assigned, closed (refunded, erased). Served in the order of
    (confirmed_at, id); `confirmed_at` is when it was paid. `flagged_at`: it waited when a run
    had no ticket left for it.
    """

    __tablename__ = "tickets_pool_demands"
    __table_args__ = (
        Index(
            "ix_tickets_pool_demands_next", "event_id", "tier_id", "status", "confirmed_at", "id"
        ),
        Index("ix_tickets_pool_demands_email", "event_id", "email"),
        Index("ix_tickets_pool_demands_event", "event_id", "confirmed_at", "id"),
        Index("ix_tickets_pool_demands_member", "organizer_id", "email", "confirmed_at"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"))
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    user_id: Mapped[str]
    email: Mapped[str]
    name: Mapped[str] = mapped_column(default="")
    number: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="waiting")
    confirmed_at: Mapped[int]
    flagged_at: Mapped[int | None]
    created_at: Mapped[int]
    updated_at: Mapped[int]


class Assignment(Base):
    """A ticket from elsewhere given to a pre-order; of each at most one that is current.

    `how`: exact, any, closest, manual. `score`: similarity of the entry times in thousandths,
    for closest. `delivery_status`: '' (not sent yet), sent, delivered, bounced, complained,
    delivery_failed. `mail_id`: the mail that carries the credentials. `handed_at`: when the
    pre-order was fulfilled with it. `ended_at`, `ended_why`: taken back (reassigned, refunded,
    erased).
    """

    __tablename__ = "tickets_pool_assignments"
    __table_args__ = (
        Index(
            "uq_tickets_pool_assignments_ticket",
            "ticket_id",
            unique=True,
            sqlite_where=text(CURRENT),
            postgresql_where=text(CURRENT),
        ),
        Index(
            "uq_tickets_pool_assignments_demand",
            "demand_id",
            unique=True,
            sqlite_where=text(CURRENT),
            postgresql_where=text(CURRENT),
        ),
        Index("ix_tickets_pool_assignments_event", "event_id", "created_at", "id"),
        Index("ix_tickets_pool_assignments_mail", "mail_id"),
        Index(
            "ix_tickets_pool_assignments_lost",
            "event_id",
            "created_at",
            "id",
            sqlite_where=text(LOST),
            postgresql_where=text(LOST),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"))
    tier_id: Mapped[str] = mapped_column(ForeignKey("tickets_tiers.id"))
    ticket_id: Mapped[str] = mapped_column(ForeignKey("tickets_pool_tickets.id"))
    demand_id: Mapped[str] = mapped_column(ForeignKey("tickets_pool_demands.id"))
    user_id: Mapped[str]
    how: Mapped[str] = mapped_column(default="exact")
    score: Mapped[int | None]
    delivery_status: Mapped[str] = mapped_column(default="")
    mail_id: Mapped[str | None]
    actor: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    handed_at: Mapped[int | None]
    ended_at: Mapped[int | None]
    ended_why: Mapped[str] = mapped_column(default="")


class AssignmentLog(Base):
    """What was done to which ticket and pre-order, by whom, from where; only ever added to.

    `email`: of the member, masked for good when they are erased. `meta_json`: ids and reasons,
    never a credential.
    """

    __tablename__ = "tickets_assignment_logs"
    __table_args__ = (
        Index("ix_tickets_assignment_logs_event", "event_id", "id"),
        Index("ix_tickets_assignment_logs_ticket", "ticket_id", "id"),
        Index("ix_tickets_assignment_logs_demand", "demand_id", "id"),
        Index("ix_tickets_assignment_logs_email", "email"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    event_id: Mapped[str]
    action: Mapped[str]
    ticket_id: Mapped[str | None]
    demand_id: Mapped[str | None]
    email: Mapped[str] = mapped_column(default="")
    actor_type: Mapped[str]
    actor_id: Mapped[str]
    ip: Mapped[str] = mapped_column(default="")
    meta_json: Mapped[str] = mapped_column(Text, default="{}")
    created_at: Mapped[int]


class PoolEvent(Base):
    """How an event's tickets from elsewhere are matched, and where its last run stood.

    `fallback`: none, any (any variant), closest (the entry time that overlaps most).
    `uploaded_at`: the last upload. `looked_at`: when a run last came to its end and what it left
    (`unmatched_tickets`, `unmatched_demands`) had changed, or the upload was younger; so it is
    before `uploaded_at` only until an upload is matched. Five numbers are counted again by a job
    after each change, for the page of all events: tickets that are not void, those that somebody
    has or that were used, open demands, those with a ticket; `counted_at` is when.
    """

    __tablename__ = "tickets_pool_events"

    event_id: Mapped[str] = mapped_column(ForeignKey("tickets_events.id"), primary_key=True)
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), index=True)
    fallback: Mapped[str] = mapped_column(default="none")
    uploaded_at: Mapped[int | None]
    looked_at: Mapped[int | None]
    unmatched_tickets: Mapped[int] = mapped_column(default=0)
    unmatched_demands: Mapped[int] = mapped_column(default=0)
    updated_at: Mapped[int]
    tickets: Mapped[int] = mapped_column(default=0)
    given: Mapped[int] = mapped_column(default=0)
    used: Mapped[int] = mapped_column(default=0)
    orders: Mapped[int] = mapped_column(default=0)
    served: Mapped[int] = mapped_column(default=0)
    counted_at: Mapped[int | None]
