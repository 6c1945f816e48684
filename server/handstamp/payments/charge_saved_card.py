"""Charging a saved card: one call outside of any transaction, its outcome as a value."""

import asyncio
from dataclasses import dataclass

from handstamp.payments.facts import NewCharge, PaymentFacts
from handstamp.payments.gateway import gateway
from handstamp.payments.gateway_errors import (
    GatewayBroken,
    GatewayBusy,
    GatewayRefused,
    GatewayUnknown,
)
from handstamp.payments.read_facts import ASKS_OWNER
from handstamp.plumbing.web import Services

AT_ONCE = 10  # calls of one process at the same moment
OF_THE_CARD = ("customer", "payment_method")
_GATE = "payments.charges"


@dataclass(frozen=True)
class Charged:
    """The money is here."""

    facts: PaymentFacts


@dataclass(frozen=True)
class Declined:
    """The card was declined or is gone; `facts` None when no payment was even made."""

    code: str
    facts: PaymentFacts | None = None


@dataclass(frozen=True)
class NeedsAction:
    """The bank wants to ask the card's owner."""

    facts: PaymentFacts


@dataclass(frozen=True)
class Refused:
    """Stripe refused the call itself, whatever the card: nothing happened, others fare alike."""

    code: str


@dataclass(frozen=True)
class Busy:
    """Too many calls: nothing happened yet. The same again, later and under the same key."""

    code: str


@dataclass(frozen=True)
class Unknown:
    """It may have happened: the same again under the same key, or look it up.

    `look_up`: under this key Stripe would only repeat that it broke.
    """

    code: str
    look_up: bool = False


Outcome = Charged | Declined | NeedsAction | Refused | Busy | Unknown


async def charge_saved_card(services: Services, wanted: NewCharge, *, key: str) -> Outcome:
    """Charge a card under a key that the caller has stored, and say what came of it."""
    try:
        async with _gate(services):
            facts = await gateway(services).charge_saved(wanted, key=key)
    except GatewayRefused as error:
        if error.field.partition("[")[0] in OF_THE_CARD:
            return Declined(error.code)
        return Refused(error.code)
    except GatewayBusy as error:
        return Busy(error.code)
    except GatewayUnknown as error:
        return Unknown(error.code, look_up=isinstance(error, GatewayBroken))
    return outcome_of(facts)


def outcome_of(facts: PaymentFacts) -> Outcome:
    """Say what a payment as it is now means; Unknown while it is still at work."""
    if facts.paid:
        return Charged(facts)
    if facts.status == "canceled":
        return Declined(facts.error_code or "canceled", facts)
    if facts.status == "requires_payment_method" and facts.error_code:
        asks = facts.error_code == ASKS_OWNER
        return NeedsAction(facts) if asks else Declined(facts.error_code, facts)
    return Unknown(facts.status)


def _gate(services: Services) -> asyncio.Semaphore:
    found = services.rooms.setdefault(_GATE, asyncio.Semaphore(AT_ONCE))
    assert isinstance(found, asyncio.Semaphore)
    return found
