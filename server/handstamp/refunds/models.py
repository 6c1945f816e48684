"""Money given back, and money that cardholders ask their bank to take back."""

from sqlalchemy import ForeignKey, Text
from sqlalchemy.orm import Mapped, mapped_column

from handstamp.plumbing.db import Base


class Refund(Base):
    """One refund of a payment, of an order or a pre-order; its id is its key at Stripe.

    Status: requested (not yet known there), pending, succeeded, failed, canceled. `origin`:
    buyer, organizer, system (paid too late) or stripe (made in Stripe's own pages).
    `voided_at`: when tickets were voided for it; None while no tickets could be told from the
    amount. A refund that fails gives back the tickets of that moment. `lines_json`: by order item
    how many tickets it is for; {} for none, '' where nobody said. `tickets_json`: ids of tickets
    that somebody chose of them, '' where nobody did. `parts_json`: {"net", "fee",
    "tax"} of the amount and "lines", {order item: [net, fee, tax]}, also of all that was left
    when that is the lines'; '' until it is decided.
    """

    __tablename__ = "tickets_refunds"

    id: Mapped[str] = mapped_column(primary_key=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_orders.id"), index=True)
    preorder_id: Mapped[str | None] = mapped_column(index=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("tickets_payments.id"), index=True)
    account: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    note: Mapped[str] = mapped_column(Text, default="")
    lines_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    tickets_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    parts_json: Mapped[str] = mapped_column(Text, default="", server_default="")
    status: Mapped[str] = mapped_column(default="requested")
    stripe_refund_id: Mapped[str | None] = mapped_column(unique=True)
    reverse_transfer: Mapped[bool] = mapped_column(default=False)
    refund_application_fee: Mapped[bool] = mapped_column(default=False)
    requested_by: Mapped[str] = mapped_column(default="system")
    origin: Mapped[str]
    failure: Mapped[str] = mapped_column(default="")
    created_at: Mapped[int]
    settled_at: Mapped[int | None]
    voided_at: Mapped[int | None]


class Dispute(Base):
    """A dispute of an order's or pre-order's payment, as last retrieved; the id is Stripe's.

    `outcome`: '' while open, then won or lost. `respond_by`: until when evidence may be sent.
    """

    __tablename__ = "tickets_disputes"

    id: Mapped[str] = mapped_column(primary_key=True)
    payment_id: Mapped[str] = mapped_column(ForeignKey("tickets_payments.id"), index=True)
    order_id: Mapped[str | None] = mapped_column(ForeignKey("tickets_orders.id"), index=True)
    preorder_id: Mapped[str | None] = mapped_column(index=True)
    account: Mapped[str]
    amount: Mapped[int]
    currency: Mapped[str]
    reason: Mapped[str] = mapped_column(default="")
    status: Mapped[str]
    outcome: Mapped[str] = mapped_column(default="")
    respond_by: Mapped[int | None]
    created_at: Mapped[int]
    closed_at: Mapped[int | None]
