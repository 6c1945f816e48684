"""Where an organizer's money goes, what was paid, and what Stripe paid out."""

from sqlalchemy import ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class PaymentAccount(Base):
    """An organizer's connected account at Stripe, as last retrieved.

    `kind`: standard or express. `charge_type`: direct (the organizer is merchant of record) or
    destination (the platform is). `requirements_json`: what Stripe still asks for, a list of
    its names. Selling needs `charges_enabled` and no `deauthorized_at`.
    """

    __tablename__ = "tickets_payment_accounts"

    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), primary_key=True)
    stripe_account_id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str]
    charge_type: Mapped[str]
    country: Mapped[str] = mapped_column(default="")
    default_currency: Mapped[str] = mapped_column(default="")
    charges_enabled: Mapped[bool] = mapped_column(default=False)
    payouts_enabled: Mapped[bool] = mapped_column(default=False)
    details_submitted: Mapped[bool] = mapped_column(default=False)
    requirements_json: Mapped[str] = mapped_column(Text, default="[]")
    disabled_reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    checked_at: Mapped[int | None]
    deauthorized_at: Mapped[int | None]


class Payment(Base):
    """One PaymentIntent and what became of it; amounts in minor units of `currency`.

    `account` is the connected account of a direct charge, '' the platform's own; every later
    call about this payment is made there. Status: pending, succeeded, failed. `card`: Stripe's
    fingerprint of the card, '' when unknown.
    """

    __tablename__ = "tickets_payments"
    __table_args__ = (
        Index("ix_tickets_payments_subject", "subject_kind", "subject_id"),
        Index("ix_tickets_payments_charge", "charge_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    subject_kind: Mapped[str]
    subject_id: Mapped[str]
    organizer_id: Mapped[str] = mapped_column(ForeignKey("tickets_organizers.id"), index=True)
    account: Mapped[str]
    charge_type: Mapped[str]
    destination: Mapped[str] = mapped_column(default="")
    payment_intent_id: Mapped[str] = mapped_column(unique=True)
    charge_id: Mapped[str] = mapped_column(default="")
    amount: Mapped[int]
    currency: Mapped[str]
    application_fee: Mapped[int] = mapped_column(default=0)
    stripe_fee: Mapped[int | None]
    status: Mapped[str]
    failure_code: Mapped[str] = mapped_column(default="")
    refunded: Mapped[int] = mapped_column(default=0)
    disputed: Mapped[bool] = mapped_column(default=False)
    card: Mapped[str] = mapped_column(default="", server_default="")
    created_at: Mapped[int]
    paid_at: Mapped[int | None]


class Payout(Base):
    """Money that Stripe sent from an account's balance to a bank; the id is Stripe's."""

    __tablename__ = "tickets_payouts"
    __table_args__ = (Index("ix_tickets_payouts_organizer", "organizer_id", "created_at"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account: Mapped[str]
    organizer_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_organizers.id"))
    amount: Mapped[int]
    currency: Mapped[str]
    status: Mapped[str]
    arrival_at: Mapped[int | None]
    created_at: Mapped[int]
    updated_at: Mapped[int]


class Pace(Base):
    """When the next call of a kind may be made, in microseconds since 1970 by the database."""

    __tablename__ = "tickets_paces"

    name: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[int]
