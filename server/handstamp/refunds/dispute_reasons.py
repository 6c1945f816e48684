"""What a bank's reason for a dispute means, in a sentence; what it wants to see is told elsewhere.

The reasons are Stripe's: https://docs.stripe.com/disputes/categories.
"""

from handstamp.plumbing.texts import _

OF_BANK_ACCOUNTS = frozenset(
    {
        "bank_cannot_process", "check_returned", "customer_initiated", "debit_not_authorized",
        "incorrect_account_details", "insufficient_funds",
    }
)  # fmt: skip


def reason_name(code: str) -> str:
    """Return what a reason of Stripe's means."""
    return _names().get(code) or _("The bank gives no closer reason.")


def _names() -> dict[str, str]:
    return {
        "fraudulent": _("The cardholder says that they did not make this payment."),
        "unrecognized": _("The cardholder does not know what this payment was for."),
        "product_not_received": _("The cardholder says that they did not get what they paid for."),
        "product_unacceptable": _("The cardholder says that the event was not what was announced."),
        "credit_not_processed": _(
            "The cardholder says that money was to be given back and was not."
        ),
        "duplicate": _("The cardholder says that they paid for the same thing twice."),
        "subscription_canceled": _(
            "The cardholder says that they had cancelled before they were charged."
        ),
        "noncompliant": _("The bank says that the payment broke a rule of the card's network."),
        "bank_cannot_process": _("The bank could not carry out the payment."),
        "check_returned": _("The cheque came back unpaid."),
        "customer_initiated": _("The owner of the account had the payment taken back."),
        "debit_not_authorized": _("The owner of the account says that they did not allow it."),
        "incorrect_account_details": _("The account's details were wrong."),
        "insufficient_funds": _("The account had not enough money."),
    }
