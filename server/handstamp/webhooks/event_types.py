"""The types of event this server works off; endpoints at Stripe are set to send exactly these."""

SESSIONS = (
    "checkout.session.completed",
    "checkout.session.async_payment_succeeded",
    "checkout.session.async_payment_failed",
    "checkout.session.expired",
)
PAYMENTS = (
    "payment_intent.succeeded",
    "payment_intent.payment_failed",
    "payment_intent.canceled",
)
SETUPS = ("setup_intent.succeeded",)
CHARGES = ("charge.refunded", "charge.updated")
REFUNDS = ("refund.created", "refund.updated", "refund.failed")
DISPUTES = (
    "charge.dispute.created",
    "charge.dispute.updated",
    "charge.dispute.closed",
    "charge.dispute.funds_withdrawn",
    "charge.dispute.funds_reinstated",
)
ACCOUNTS = ("account.updated", "account.application.deauthorized")
PAYOUTS = (
    "payout.created",
    "payout.updated",
    "payout.paid",
    "payout.failed",
    "payout.canceled",
)

WANTED = (*SESSIONS, *PAYMENTS, *SETUPS, *CHARGES, *REFUNDS, *DISPUTES, *ACCOUNTS, *PAYOUTS)


def counted_as(event_type: str) -> str:
    """Return the type as metrics name it: strangers share one name."""
    return event_type if event_type in WANTED else "other"
