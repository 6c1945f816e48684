"""The inbox of Stripe's events: stored once, worked off by jobs."""

from sqlalchemy import Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class StripeEvent(Base):
    """One event as it came; the id is Stripe's. Status: new, done, ignored, dead."""

    __tablename__ = "tickets_webhooks"
    __table_args__ = (
        Index("ix_tickets_webhooks_status", "status", "received_at"),
        Index("ix_tickets_webhooks_object", "object_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    endpoint: Mapped[str]
    account: Mapped[str] = mapped_column(default="")
    type: Mapped[str]
    object_id: Mapped[str] = mapped_column(default="")
    api_version: Mapped[str] = mapped_column(default="")
    livemode: Mapped[bool] = mapped_column(default=False)
    stripe_created: Mapped[int]
    payload: Mapped[str] = mapped_column(Text)
    status: Mapped[str] = mapped_column(default="new")
    attempts: Mapped[int] = mapped_column(default=0)
    error: Mapped[str] = mapped_column(Text, default="")
    received_at: Mapped[int]
    processed_at: Mapped[int | None]


class WebhookCursor(Base):
    """Until when an account's events are known to be complete; '' is the platform."""

    __tablename__ = "tickets_webhook_cursors"

    account: Mapped[str] = mapped_column(primary_key=True)
    checked_until: Mapped[int]
