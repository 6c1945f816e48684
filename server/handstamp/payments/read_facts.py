"""Reads Stripe's objects (as dictionaries) into facts."""

from collections.abc import Mapping
from typing import Any

from handstamp.kit.clock import SECOND, Millis
from handstamp.payments.facts import (
    AccountFacts,
    BalanceFacts,
    CheckoutFacts,
    DisputeFacts,
    PaymentFacts,
    PayoutFacts,
    RefundFacts,
)

Found = Mapping[str, Any]
ASKS_OWNER = "authentication_required"  # the bank wants to ask the card's owner


def checkout(found: Found) -> CheckoutFacts:
    """Read a Checkout Session; the payment is known when it was expanded."""
    intent = found.get("payment_intent")
    return CheckoutFacts(
        id=found["id"],
        status=found.get("status") or "",
        paid=found.get("payment_status") == "paid",
        url=found.get("url") or "",
        client_secret=found.get("client_secret") or "",
        payment=payment(intent) if isinstance(intent, Mapping) else None,
        tax=(found.get("total_details") or {}).get("amount_tax") or 0,
        metadata=dict(found.get("metadata") or {}),
    )


def payment(found: Found) -> PaymentFacts:
    """Read a PaymentIntent, its latest charge and that charge's booking, as far as expanded."""
    charge = _expanded(found.get("latest_charge"))
    booked = _expanded(charge.get("balance_transaction"))
    error = found.get("last_payment_error") or {}
    return PaymentFacts(
        id=found["id"],
        status=found["status"],
        amount=found["amount"],
        amount_received=found.get("amount_received") or 0,
        currency=found["currency"].upper(),
        charge_id=charge.get("id", ""),
        refunded=charge.get("amount_refunded") or 0,
        disputed=bool(charge.get("disputed")),
        fee=_own_fee(booked) if "fee" in booked else None,
        fee_currency=booked.get("currency", "").upper(),
        application_fee=found.get("application_fee_amount") or 0,
        balance_transaction_id=booked.get("id", ""),
        transfer_id=_id(charge.get("transfer")),
        error_code=_error_code(error),
        card=_card(charge),
        next_url=_next_url(found.get("next_action")),
        metadata=dict(found.get("metadata") or {}),
        created=_millis(found["created"]),
        paid_at=_millis(charge["created"]) if charge.get("paid") else None,
    )


def expanded_of_refund(account: str) -> list[str]:
    """Return what to expand of a refund: what it moved beside its amount.

    A connected account cannot look into the platform's fee; its own booking tells of it.
    """
    moved = ["transfer_reversal", "balance_transaction"]
    return moved if account else [*moved, "charge.application_fee"]


def refund(found: Found) -> RefundFacts:
    """Read a refund with what it took back from a transfer, and of a fee, as far as expanded."""
    return RefundFacts(
        id=found["id"],
        status=found.get("status") or "pending",
        amount=found["amount"],
        currency=found["currency"].upper(),
        payment_intent_id=_id(found.get("payment_intent")),
        charge_id=_id(found.get("charge")),
        failure=found.get("failure_reason") or "",
        metadata=dict(found.get("metadata") or {}),
        balance_transaction_id=_id(found.get("balance_transaction")),
        failure_balance_transaction_id=_id(found.get("failure_balance_transaction")),
        taken_back=int(_expanded(found.get("transfer_reversal")).get("amount", 0)),
        fee_back=-_platform_fee(_expanded(found.get("balance_transaction"))),
        fee_returned=_fee_returned(_expanded(found.get("charge"))),
        created=_millis(found["created"]),
    )


def dispute(found: Found) -> DisputeFacts:
    """Read a dispute and what it did to the balance."""
    due = (found.get("evidence_details") or {}).get("due_by")
    return DisputeFacts(
        id=found["id"],
        status=found["status"],
        reason=found.get("reason") or "",
        amount=found["amount"],
        currency=found["currency"].upper(),
        charge_id=_id(found.get("charge")),
        payment_intent_id=_id(found.get("payment_intent")),
        respond_by=_millis(due) if due else None,
        created=_millis(found["created"]),
        balance=tuple(booking(one) for one in found.get("balance_transactions") or ()),
    )


def booking(found: Found) -> BalanceFacts:
    """Read a balance transaction."""
    return BalanceFacts(
        id=found["id"],
        type=found.get("type") or "",
        amount=found["amount"],
        fee=found.get("fee") or 0,
        net=found["net"],
        currency=found["currency"].upper(),
        created=_millis(found["created"]),
    )


def payout(found: Found) -> PayoutFacts:
    """Read a payout."""
    arrival = found.get("arrival_date")
    return PayoutFacts(
        id=found["id"],
        status=found["status"],
        amount=found["amount"],
        currency=found["currency"].upper(),
        arrival_at=_millis(arrival) if arrival else None,
        created=_millis(found["created"]),
        failure=found.get("failure_code") or "",
        balance_transaction_id=_id(found.get("balance_transaction")),
    )


def account(found: Found) -> AccountFacts:
    """Read a connected account; what is past due is asked for first."""
    asked = found.get("requirements") or {}
    wanted = [*(asked.get("past_due") or ()), *(asked.get("currently_due") or ())]
    return AccountFacts(
        id=found["id"],
        charges_enabled=bool(found.get("charges_enabled")),
        payouts_enabled=bool(found.get("payouts_enabled")),
        details_submitted=bool(found.get("details_submitted")),
        requirements=list(dict.fromkeys(wanted)),
        disabled_reason=asked.get("disabled_reason") or "",
        country=found.get("country") or "",
        default_currency=(found.get("default_currency") or "").upper(),
    )


def _error_code(error: Found) -> str:
    code = error.get("code") or ""
    return ASKS_OWNER if code == ASKS_OWNER else error.get("decline_code") or code


def _card(charge: Found) -> str:
    method = charge.get("payment_method_details") or {}
    return (method.get("card") or {}).get("fingerprint") or ""


def _next_url(action: Found | None) -> str:
    return ((action or {}).get("redirect_to_url") or {}).get("url") or ""


def _own_fee(booked: Found) -> int:
    """Return what Stripe took: on a direct charge the whole fee holds the platform's share too."""
    return int(booked["fee"]) - _platform_fee(booked)


def _platform_fee(booked: Found) -> int:
    """Return the platform's share of what a booking took; below 0 where it gave that back."""
    details = booked.get("fee_details") or ()
    return sum(int(one["amount"]) for one in details if one["type"] == "application_fee")


def _fee_returned(charge: Found) -> int | None:
    """Return what of a charge's application fee has come back, where the fee was expanded."""
    returned: int | None = _expanded(charge.get("application_fee")).get("amount_refunded")
    return returned


def _expanded(found: Any) -> Found:
    if isinstance(found, Mapping):
        return found
    return {"id": found} if found else {}


def _id(found: Any) -> str:
    return str(found["id"]) if isinstance(found, Mapping) else found or ""


def _millis(seconds: int) -> Millis:
    return int(seconds) * SECOND
