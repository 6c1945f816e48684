"""The steps of the self-test: their names, and what to do when one is red."""

from dataclasses import dataclass

from handstamp.plumbing.texts import _

STEPS = (
    "settings", "event", "hold", "page", "payment", "webhook", "ticket", "pdf", "mail", "door",
    "refund", "clean",
)  # fmt: skip
STATES = ("waiting", "running", "green", "red", "skipped")


@dataclass(frozen=True)
class Step:
    """A step of one run; `note` says what was seen, or what went wrong."""

    step: str
    state: str = "waiting"
    note: str = ""


def names() -> dict[str, str]:
    """Name the steps."""
    return {
        "settings": _("Settings and keys"),
        "event": _("An event that nobody else sees"),
        "hold": _("Two tickets held"),
        "page": _("Stripe's payment page opened"),
        "payment": _("Paid with Stripe's test card"),
        "webhook": _("Stripe's event arrived and was worked off"),
        "ticket": _("Tickets issued, money booked"),
        "pdf": _("Mail written, PDF with codes drawn"),
        "mail": _("Mail handed to the mail server"),
        "door": _("Scanned: valid, then already used"),
        "refund": _("Refunded, and red at the door"),
        "clean": _("Put away"),
    }


def advice(step: str) -> str:
    """Say what to do when a step is red."""
    return {
        "settings": _("docs/environment.md says what each setting is for."),
        "event": _("Look at the page “Gave up” and at the server's log."),
        "hold": _("Look at the health page: stock and database."),
        "page": _("Check STRIPE_SECRET_KEY, and that this server reaches api.stripe.com."),
        "payment": _("Look at the payment in Stripe's dashboard, in test mode."),
        "webhook": _(
            "In Stripe's dashboard the endpoint for connected accounts must point to "
            "/api/tickets/webhooks/stripe/connect, its secret stand in "
            "STRIPE_CONNECT_WEBHOOK_SECRET, and a worker must run."
        ),
        "ticket": _("Look at the server's log for this order."),
        "pdf": _("Look at the health page: fonts, and the child process that draws."),
        "mail": _("Check HANDSTAMP_MAIL_URL, and that a worker runs."),
        "door": _("Look at the health page: feed. Signing keys may be missing."),
        "refund": _("Check that a worker runs; see the refund on the order's page."),
        "clean": _("Archive the event by hand; refund its order."),
    }[step]
