"""The audit log: who did what to which thing, from where."""

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId


class AuditEntry(Base):
    """One act; `prev_hash` and `hash` are filled once the log is chained."""

    __tablename__ = "tickets_audit"
    __table_args__ = (
        Index("ix_tickets_audit_organizer", "organizer_id", "id"),
        Index("ix_tickets_audit_target", "target_type", "target_id"),
    )

    id: Mapped[int] = mapped_column(RowId, primary_key=True, autoincrement=True)
    actor_type: Mapped[str]
    actor_id: Mapped[str]
    action: Mapped[str]
    target_type: Mapped[str]
    target_id: Mapped[str]
    organizer_id: Mapped[str | None]
    meta_json: Mapped[str] = mapped_column(Text, default="{}")
    ip: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    prev_hash: Mapped[bytes | None]
    hash: Mapped[bytes | None]
