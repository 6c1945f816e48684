"""What is asked of Stripe and what Stripe says, in our words: minor units, milliseconds UTC."""

from dataclasses import dataclass, field
from typing import Literal

from handstamp.kit.clock import Millis


@dataclass(frozen=True)
class NewCheckout:
    """A Checkout Session to create.

    Args:
        account: the connected account of a direct charge, '' is the platform.
        destination: the connected account of a destination charge, '' otherwise.
        lines: (name, amount of one in minor units, quantity).
        application_fee: what the platform keeps, minor units.
        expires_at: ms UTC, between 30 minutes and 24 hours ahead.
        automatic_tax: Stripe Tax adds taxes, for which the organizer is liable.
        ui: Stripe's own page, or a form inside ours.
    """

    order_id: str
    number: str
    account: str
    charge_type: str
    destination: str
    currency: str
    lines: list[tuple[str, int, int]]
    application_fee: int
    email: str
    expires_at: Millis
    success_url: str
    cancel_url: str
    locale: str = "auto"
    automatic_tax: bool = False
    ui: Literal["hosted", "elements"] = "hosted"


@dataclass(frozen=True)
class NewCharge:
    """A charge of a saved card while its owner is away.

    Args:
        account: where customer and card live and the charge is made ('' = the platform).
        destination: the connected account of a destination charge, '' otherwise.
        amount: minor units of `currency`.
        application_fee: what the platform keeps, minor units.
        return_url: where the bank sends the owner back to, should it ask them after all.
        metadata: stands on the payment; by it a payment is found when an answer was lost.
    """

    account: str
    destination: str
    currency: str
    amount: int
    customer_id: str
    payment_method_id: str
    application_fee: int
    description: str
    return_url: str
    metadata: dict[str, str]


@dataclass(frozen=True)
class PaymentFacts:
    """A PaymentIntent with its latest charge.

    `fee` is Stripe's own, in `fee_currency`; None while Stripe has not booked it. `refunded` is
    the amount given back so far. `card`: Stripe's fingerprint of it. `next_url`: where
    the bank asks the card's owner, '' if nowhere.
    """

    id: str
    status: str
    amount: int
    amount_received: int
    currency: str
    charge_id: str = ""
    refunded: int = 0
    disputed: bool = False
    fee: int | None = None
    fee_currency: str = ""
    application_fee: int = 0
    balance_transaction_id: str = ""
    transfer_id: str = ""
    error_code: str = ""
    card: str = ""
    next_url: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    created: Millis = 0
    paid_at: Millis | None = None

    @property
    def paid(self) -> bool:
        """Tell whether the money has been received."""
        return self.status == "succeeded"


@dataclass(frozen=True)
class CheckoutFacts:
    """A Checkout Session; `status` is open, complete or expired.

    A session can be complete and not `paid`: a slow payment method is still at work then. `tax`
    is what Stripe Tax added, minor units.
    """

    id: str
    status: str
    paid: bool
    url: str = ""
    client_secret: str = ""
    payment: PaymentFacts | None = None
    tax: int = 0
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class NewSetup:
    """A Checkout Session (mode `setup`) that saves a card for later, off-session charges.

    Args:
        account: where the customer and the card will live ('' = the platform).
        customer_id: a customer of that account.
        metadata: stands on the session and on its SetupIntent.
    """

    account: str
    customer_id: str
    currency: str
    success_url: str
    cancel_url: str
    metadata: dict[str, str] = field(default_factory=dict)
    locale: str = "auto"


@dataclass(frozen=True)
class SetupFacts:
    """A card being saved; `status` is open, complete or expired.

    `session_id` is '' when the SetupIntent was looked up by itself. When complete,
    `payment_method_id` is the saved card, `expires` is "MM/YYYY".
    """

    status: str
    session_id: str = ""
    setup_intent_id: str = ""
    url: str = ""
    customer_id: str = ""
    payment_method_id: str = ""
    brand: str = ""
    last4: str = ""
    expires: str = ""
    metadata: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class RefundFacts:
    """A refund; `status` is pending, requires_action, succeeded, failed or canceled.

    `taken_back`: how much of a destination charge's transfer was reversed with it. `fee_back`: how
    much of the platform's fee a direct charge's account got back, as far as its booking says so.
    `fee_returned`: how much of the fee of a charge of the platform's own has come back so far, with
    all its refunds together; None where Stripe was not asked.
    """

    id: str
    status: str
    amount: int
    currency: str
    payment_intent_id: str = ""
    charge_id: str = ""
    failure: str = ""
    metadata: dict[str, str] = field(default_factory=dict)
    balance_transaction_id: str = ""
    failure_balance_transaction_id: str = ""
    taken_back: int = 0
    fee_back: int = 0
    fee_returned: int | None = None
    created: Millis = 0


@dataclass(frozen=True)
class BalanceFacts:
    """What a booking did to a balance: `net` = `amount` - `fee`, negative when money left."""

    id: str
    type: str
    amount: int
    fee: int
    net: int
    currency: str
    created: Millis


@dataclass(frozen=True)
class DisputeFacts:
    """A dispute; `status` is Stripe's word (needs_response, under_review, won, lost, …)."""

    id: str
    status: str
    reason: str
    amount: int
    currency: str
    charge_id: str
    payment_intent_id: str
    respond_by: Millis | None
    created: Millis
    balance: tuple[BalanceFacts, ...] = ()


@dataclass(frozen=True)
class PayoutFacts:
    """A payout to a bank; `status` is pending, in_transit, paid, failed or canceled."""

    id: str
    status: str
    amount: int
    currency: str
    arrival_at: Millis | None
    created: Millis
    failure: str = ""
    balance_transaction_id: str = ""


@dataclass(frozen=True)
class AccountFacts:
    """A connected account; `requirements` are Stripe's names of what it still asks for."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool
    details_submitted: bool
    requirements: list[str]
    disabled_reason: str
    country: str
    default_currency: str
