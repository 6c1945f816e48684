"""Stripe's test cards and payment method tokens that the double knows, and how each behaves."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Card:
    """A test card.

    Args:
        decline: Stripe's decline code, "" for a card that pays.
        challenge: "" no 3D Secure; "setup" once, then it may be charged off-session; "always".
        after: what happens once it has paid: "dispute", "refund_pending", "refund_fails".
    """

    number: str
    decline: str = ""
    challenge: str = ""
    after: str = ""
    brand: str = "visa"

    @property
    def last4(self) -> str:
        """The four digits that are shown."""
        return self.number[-4:]

    @property
    def code(self) -> str:
        """Stripe's error code for its decline."""
        own = ("expired_card", "incorrect_cvc", "processing_error", "authentication_required")
        return self.decline if self.decline in own else "card_declined"


_KNOWN = {
    "pm_card_visa": Card("4242424242424242"),
    "pm_card_mastercard": Card("5555555555554444", brand="mastercard"),
    "pm_card_chargeDeclined": Card("4000000000000002", decline="generic_decline"),
    "pm_card_visa_chargeDeclined": Card("4000000000000002", decline="generic_decline"),
    "pm_card_chargeDeclinedInsufficientFunds": Card(
        "4000000000009995", decline="insufficient_funds"
    ),
    "pm_card_visa_chargeDeclinedInsufficientFunds": Card(
        "4000000000009995", decline="insufficient_funds"
    ),
    "pm_card_chargeDeclinedLostCard": Card("4000000000009987", decline="lost_card"),
    "pm_card_chargeDeclinedExpiredCard": Card("4000000000000069", decline="expired_card"),
    "pm_card_chargeDeclinedIncorrectCvc": Card("4000000000000127", decline="incorrect_cvc"),
    "pm_card_chargeDeclinedProcessingError": Card("4000000000000119", decline="processing_error"),
    "pm_card_chargeCustomerFail": Card("4000000000000341", decline="generic_decline"),
    "pm_card_authenticationRequiredOnSetup": Card("4000002500003155", challenge="setup"),
    "pm_card_authenticationRequired": Card("4000002760003184", challenge="always"),
    "pm_card_createDispute": Card("4000000000000259", after="dispute"),
    "pm_card_pendingRefund": Card("4000000000007726", after="refund_pending"),
    "pm_card_refundFail": Card("4000000000005126", after="refund_fails"),
}
BY_NUMBER = {card.number: card for card in _KNOWN.values()}
ATTACHES_BUT_DECLINES = "4000000000000341"
MESSAGES = {
    "insufficient_funds": "Your card has insufficient funds.",
    "expired_card": "Your card has expired.",
    "incorrect_cvc": "Your card's security code is incorrect.",
    "processing_error": "An error occurred while processing your card. Try again in a little bit.",
    "authentication_required": (
        "Your card was declined. This transaction requires authentication."
    ),
}


def by_token(token: str) -> Card | None:
    """Return the card of a test token such as `pm_card_visa`, or None."""
    return _KNOWN.get(token)


def by_number(typed: str) -> Card | None:
    """Return the card of a number as typed, spaces and all, or None."""
    return BY_NUMBER.get("".join(typed.split()).replace("-", ""))
