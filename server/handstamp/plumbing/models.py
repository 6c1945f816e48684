"""Tables of the plumbing: jobs, cron slots, counters of rate limits, stored answers."""

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId


class Job(Base):
    """One piece of background work; states ready, running, done, dead, cancelled."""

    __tablename__ = "tickets_jobs"
    __table_args__ = (
        Index("ix_tickets_jobs_ready", "state", "run_at", "id"),
        Index("ix_tickets_jobs_key", "job_key", "state", "id"),
        Index(
            "uq_tickets_jobs_dedupe",
            "dedupe",
            unique=True,
            sqlite_where=text("state = 'ready' AND dedupe IS NOT NULL"),
            postgresql_where=text("state = 'ready' AND dedupe IS NOT NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    kind: Mapped[str]
    args: Mapped[str] = mapped_column(Text)
    state: Mapped[str] = mapped_column(default="ready")
    job_key: Mapped[str | None]
    dedupe: Mapped[str | None]
    run_at: Mapped[int]
    attempt: Mapped[int] = mapped_column(default=0)
    max_attempts: Mapped[int] = mapped_column(default=20)
    owner: Mapped[str | None]
    lease_until: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[int]
    finished_at: Mapped[int | None]


class CronSlot(Base):
    """One run of a scheduled job, unique in the cluster."""

    __tablename__ = "tickets_cron_slots"

    name: Mapped[str] = mapped_column(primary_key=True)
    slot: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[int]


class RateCount(Base):
    """Hits of one bucket in one window, counted across processes."""

    __tablename__ = "tickets_rate_counts"

    bucket: Mapped[str] = mapped_column(primary_key=True)
    window_start: Mapped[int] = mapped_column(primary_key=True)
    hits: Mapped[int]


class StoredAnswer(Base):
    """The first answer given under an Idempotency-Key, kept to be given again."""

    __tablename__ = "tickets_stored_answers"

    scope: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    body_hash: Mapped[str]
    status: Mapped[int]
    answer: Mapped[str] = mapped_column(Text)
    created_at: Mapped[int]


class KeptSecret(Base):
    """A private key of the installation, sealed under a key derived from its secret."""

    __tablename__ = "tickets_kept_secrets"

    name: Mapped[str] = mapped_column(primary_key=True)
    public: Mapped[bytes]
    sealed: Mapped[bytes]
    created_at: Mapped[int]
