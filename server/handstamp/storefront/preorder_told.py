"""How a pre-order stands, said to its member in a heading and a sentence; pure."""

from dataclasses import dataclass

from handstamp.plumbing.local_time import day_and_time
from handstamp.plumbing.texts import _
from handstamp.storefront.club_frame import Wished

N_ = str  # marks text for the catalogues; it is translated where it is shown
_SHOW_IT = N_("Show the code at the door, on this screen or on paper. It is in your mail too.")
_ICONS = {
    "draft": "card",
    "charging": "clock",
    "paid": "busy",
    "waiting_for_stock": "clock",
    "refunded": "back",
    "refund_failed": "warn",
}


@dataclass(frozen=True)
class Said:
    """What stands at the top of a pre-order's page: `tone` its colour, `icon` its picture."""

    title: str
    text: str
    tone: str = ""
    icon: str = "info"


def told_preorder(wish: Wished, *, waiting: bool) -> Said:
    """Say how a pre-order stands; `waiting`: whether its card has come is being asked."""
    status = wish.preorder.status
    if waiting:
        text = _("This takes a few seconds. Nothing is charged now.")
        return Said(_("We are saving your card"), text, "busy", "busy")
    if status in ("pending", "approved"):
        return Said(wish.told.shown, wish.sentence, icon="clock")
    if status == "needs_action":
        return Said(wish.told.shown, _needs_action(wish), "warn", "warn")
    if status == "failed":
        text = _("Card declined – try public drop")
        return Said(wish.told.shown, f"{text}. {_('You were not charged.')}", "bad", "card")
    if status == "fulfilled":
        return Said(wish.told.shown, _(_SHOW_IT), "good", "ticket")
    return _plain(wish)


def _plain(wish: Wished) -> Said:
    status = wish.preorder.status
    if status in ("denied", "not_allocated"):
        text = _("There were more pre-orders than tickets. You were not charged.")
        if wish.view.event.status == "cancelled":
            text = _("The event is cancelled. You were not charged.")
        return Said(wish.told.shown, text)
    icon = _ICONS.get(status, "refused")
    tone = "warn" if status in ("draft", "refund_failed") else ""
    return Said(wish.told.shown, wish.told.hint, tone, icon)


def _needs_action(wish: Wished) -> str:
    until = wish.preorder.needs_action_until
    if until is None:
        return wish.told.hint
    time = day_and_time(until, wish.view.club.time_zone)
    text = _("Your bank wants you to confirm this payment. Your ticket is kept until %(time)s.")
    return text % {"time": time}
