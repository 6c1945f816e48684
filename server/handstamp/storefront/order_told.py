"""What an order's page says above everything else, for each state; pure."""

from dataclasses import dataclass

from handstamp.kit.clock import Millis
from handstamp.orders.find_orders import OrderView
from handstamp.orders.passed_on import passed_on
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import _


@dataclass(frozen=True)
class Told:
    """The headline of an order, what to do now, and its picture."""

    title: str
    text: str
    tone: str = ""
    icon: str = "info"


def told_bought(view: OrderView, now: Millis, *, disputed: bool = False) -> Told:
    """Say how an order stands that was paid, or cost nothing; `disputed`: openly, or lost."""
    order, states = view.order, {ticket.status for ticket in view.tickets}
    if order.status == "refunded":
        return _refunded(view)
    if states and "valid" not in states:
        return _void(by_bank=disputed, blocked="disputed" in states)
    if order.status == "partially_refunded":
        text = _("%(sum)s went back. Tickets without a mark are still valid.")
        returned = {"sum": money(order.refunded, order.currency)}
        return Told(_("Part of this order was refunded"), text % returned, "good")
    if now >= view.event.end_at:
        text = _("This event is over. Your tickets stay here for your papers.")
        return Told(_("It was good to have you"), text, icon="ticket")
    if view.tickets and all(passed_on(order, ticket) for ticket in view.tickets):
        text = _(
            "The codes are with their new holders, who got a mail each. "
            "There is nothing left for you to show at the door."
        )
        return Told(_("You have passed your tickets on"), text, "good")
    text = _("Show the code at the door, on this screen or on paper.")
    if order.email:
        text = _(
            "Show the code at the door, on this screen or on paper. "
            "We have mailed your tickets to %(address)s too."
        )
    return Told(_("Your tickets are here"), text % {"address": order.email}, "good")


def _refunded(view: OrderView) -> Told:
    text = _(
        "%(sum)s went back the way it was paid; banks take up to 10 days. "
        "The tickets do not open the door any more."
    )
    returned = {"sum": money(view.order.refunded, view.order.currency)}
    return Told(_("This order was refunded"), text % returned, icon="back")


def _disputed() -> Told:
    text = _(
        "A bank has asked for the money back, so the tickets are blocked until that is settled. "
        "If it was a mistake, tell your bank and the organizer."
    )
    return Told(_("This payment is disputed"), text, "warn", "warn")


def _void(*, by_bank: bool, blocked: bool) -> Told:
    if blocked:
        return _disputed()
    if not by_bank:
        text = _("They do not open the door any more. Ask the organizer.")
        return Told(_("These tickets were cancelled"), text, "bad", "refused")
    text = _(
        "The bank has taken the money for this order back, so its tickets do not open the door "
        "any more. If that was a mistake, ask the organizer."
    )
    return Told(_("This payment was taken back"), text, "bad", "refused")


def told_closed(view: OrderView) -> Told:
    """Say how an order stands that was not paid, or paid too late."""
    order, nothing = view.order, _("The tickets went back on sale. Nothing was charged.")
    if order.status == "expired":
        return Told(_("The time to pay ran out"), nothing, "warn", "clock")
    if order.close_reason == "by_organizer":
        text = _("The organizer has cancelled them. They do not open the door any more.")
        return Told(_("These tickets were cancelled"), text, "bad", "refused")
    if order.status == "cancelled":
        return Told(_("This order was cancelled"), nothing, icon="refused")
    text = _(
        "The time to pay was over and the tickets were gone. "
        "You get %(sum)s back without doing anything; banks take up to 10 days."
    )
    owed = {"sum": money(order.total, order.currency)}
    return Told(_("Your payment came too late"), text % owed, "warn", "back")
