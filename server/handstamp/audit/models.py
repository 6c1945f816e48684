"""The audit log: who did what to which thing, from where."""

from sqlalchemy import Index, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base, RowId

BY_ADMIN = "actor_type = 'admin' AND organizer_id IS NOT NULL"


class AuditEntry(Base):
    """One act; what stands behind `created_at` is filled by `chain_entries`, once (R69).

    `chain_no`: its place in the chain. `ip_digest`: what the chain covers instead of `ip`, under
    `ip_salt`; empty when there was no address. Erasing a person empties `ip` and `ip_salt` only.
    """

    __tablename__ = "tickets_audit"
    __table_args__ = (
        Index("ix_tickets_audit_organizer", "organizer_id", "id"),
        Index("ix_tickets_audit_target", "target_type", "target_id"),
        Index("uq_tickets_audit_chain", "chain_no", unique=True),
        Index(
            "ix_tickets_audit_by_admin",
            "id",
            sqlite_where=text(BY_ADMIN),
            postgresql_where=text(BY_ADMIN),
        ),
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
    chain_no: Mapped[int | None]
    ip_salt: Mapped[bytes | None]
    ip_digest: Mapped[bytes | None]


class AuditMark(Base):
    """An end of the chain that the server's key signed: the entry `chain_no` and its hash."""

    __tablename__ = "tickets_audit_marks"

    chain_no: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]
    signature: Mapped[bytes]
    created_at: Mapped[int]
