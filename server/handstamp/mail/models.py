"""Mails to send: what kind, to whom, with which references; the text is made at sending."""

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Mail(Base):
    """One message; `args_json` holds references, never a credential in the clear.

    `about` names what it is about, such as "order:ord_…". `delivery`: what the mail provider
    said last: '', sent, delivered, bounced or complained.
    """

    __tablename__ = "tickets_mails"
    __table_args__ = (
        Index("ix_tickets_mails_created", "created_at"),
        Index("ix_tickets_mails_about", "about"),
        Index("ix_tickets_mails_to", "to_email"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str]
    to_email: Mapped[str]
    args_json: Mapped[str] = mapped_column(Text)
    about: Mapped[str] = mapped_column(default="")
    status: Mapped[str] = mapped_column(default="queued")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str | None] = mapped_column(Text)
    delivery: Mapped[str] = mapped_column(default="")
    delivery_at: Mapped[int | None]
    created_at: Mapped[int]
    sent_at: Mapped[int | None]
