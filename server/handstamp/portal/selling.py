"""Why an event cannot sell tickets yet, each reason with the page that mends it; pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from handstamp.events.models import Event, Tier
from handstamp.kit.clock import Millis
from handstamp.payments.models import PaymentAccount
from handstamp.payments.payment_accounts import why_not_selling
from handstamp.plumbing.config import Settings
from handstamp.plumbing.texts import _
from handstamp.portal.organizer_frame import organizer_path


@dataclass(frozen=True)
class Block:
    """A reason in plain words; `path` and `label` lead to where it is mended, '' if nowhere."""

    text: str
    path: str = ""
    label: str = ""


def blocks(
    event: Event,
    tiers: Sequence[Tier],
    account: PaymentAccount | None,
    settings: Settings,
    now: Millis,
) -> list[Block]:
    """Return what keeps an event from selling; free tickets need no account."""
    base = f"/tickets/organizer/events/{event.id}"
    if event.status == "cancelled":
        return [Block(_("This event is cancelled."))]
    if not settings.enable_checkout:
        return [Block(_("Ticket sales are switched off on this server."))]
    if now >= event.end_at:
        return [Block(_("The event is over."))]
    found = []
    shown = [tier for tier in tiers if tier.visibility == "public"]
    if not shown:
        said = _("No tier is shown to the public, so there is nothing to buy.")
        found.append(Block(said, f"{base}/tiers", _("Tiers")))
    if any(tier.price_cents for tier in shown) and (why := why_not_selling(account)):
        found.append(_account_block(event, why, settings))
    if event.status != "published":
        found.append(Block(_("It is not published.")))
    return found


def _account_block(event: Event, why: str, settings: Settings) -> Block:
    if not settings.enable_payouts:
        return Block(why + " " + _("Accounts cannot be connected at the moment."))
    return Block(why, organizer_path("payments", event.organizer_id), _("Payments"))
