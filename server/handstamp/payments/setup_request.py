"""Builds what Stripe is asked to save a card with, and reads what came of it."""

from collections.abc import Mapping
from typing import Any

from handstamp.payments.checkout_request import locale_of
from handstamp.payments.facts import NewSetup, SetupFacts

_OPEN = ("requires_payment_method", "requires_confirmation", "requires_action", "processing")


def setup_request(wanted: NewSetup) -> dict[str, Any]:
    """Return the parameters of a Checkout Session that only saves a card.

    The marks stand on the session and on its SetupIntent. In this mode Stripe sets the intent up
    for charges off the session, and shows its own terms for that beside ours.
    """
    return {
        "mode": "setup",
        "ui_mode": "hosted_page",
        "currency": wanted.currency.lower(),
        "customer": wanted.customer_id,
        "allowed_payment_method_types": ["card"],
        "setup_intent_data": {"metadata": wanted.metadata},
        "metadata": wanted.metadata,
        "locale": locale_of(wanted.locale),
        "success_url": wanted.success_url,
        "cancel_url": wanted.cancel_url,
    }


def setup_of_session(found: Mapping[str, Any]) -> SetupFacts:
    """Read a Checkout Session in setup mode, its intent and card as far as expanded."""
    intent = found.get("setup_intent")
    card = _card(intent) if isinstance(intent, Mapping) else {}
    return SetupFacts(
        status=found.get("status") or "",
        session_id=found["id"],
        setup_intent_id=intent["id"] if isinstance(intent, Mapping) else intent or "",
        url=found.get("url") or "",
        customer_id=_id(found.get("customer")),
        metadata=dict(found.get("metadata") or {}),
        **card,
    )


def setup_of_intent(found: Mapping[str, Any]) -> SetupFacts:
    """Read a SetupIntent and its card as far as expanded."""
    status = found["status"]
    return SetupFacts(
        status="complete" if status == "succeeded" else "open" if status in _OPEN else "expired",
        setup_intent_id=found["id"],
        customer_id=_id(found.get("customer")),
        metadata=dict(found.get("metadata") or {}),
        **_card(found),
    )


def _card(intent: Mapping[str, Any]) -> dict[str, str]:
    method = intent.get("payment_method")
    if intent.get("status") != "succeeded" or not isinstance(method, Mapping):
        return {}
    card = method.get("card") or {}
    ends = f"{card['exp_month']:02d}/{card['exp_year']}" if card.get("exp_year") else ""
    return {
        "payment_method_id": method["id"],
        "brand": card.get("brand") or method.get("type") or "",
        "last4": card.get("last4") or "",
        "expires": ends,
    }


def _id(found: Any) -> str:
    return str(found["id"]) if isinstance(found, Mapping) else found or ""
