"""Whether something was paid, and whether a bank has its money: conditions for other queries."""

from typing import Any

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.orm import aliased

from handstamp.payments.models import Payment
from handstamp.refunds.models import Dispute
from handstamp.refunds.store import TAKEN_BY_BANK


def was_paid(kind: str, subject: Any) -> ColumnElement[bool]:
    """Tell whether an "order" or "preorder", by its id's column, was paid through Stripe."""
    return select(Payment.id).where(_of(Payment, kind, subject)).exists()


def is_at_bank(kind: str, subject: Any) -> ColumnElement[bool]:
    """Tell whether a bank asks for its payment or has got it: `find_refunds.dispute_standing` in
    SQL.

    Of several payments the first bought it.
    """
    first = aliased(Payment)
    oldest = (
        select(first.id)
        .where(_of(first, kind, subject))
        .order_by(first.created_at, first.id)
        .limit(1)
        .correlate_except(first)
        .scalar_subquery()
    )
    disputes = select(Dispute.id).where(Dispute.payment_id == Payment.id)
    forbidding = disputes.where(or_(TAKEN_BY_BANK, Dispute.status == "lost"))
    disputed = or_(forbidding.exists(), and_(Payment.disputed, ~disputes.exists()))
    return select(Payment.id).where(Payment.id == oldest, disputed).exists()


def _of(payment: Any, kind: str, subject: Any) -> ColumnElement[bool]:
    return and_(
        payment.subject_kind == kind,
        payment.subject_id == subject,
        payment.status == "succeeded",
    )
