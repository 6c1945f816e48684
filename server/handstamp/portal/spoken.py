"""Durations and acts in words."""

from handstamp.kit.clock import DAY, HOUR, MINUTE, SECOND, Millis
from handstamp.plumbing.texts import _


def lasting(millis: Millis) -> str:
    """Write a duration with its one fitting unit: `12 s`, `4 min`, `3 h`, `2 d`."""
    for unit, text in ((DAY, _("%(n)s d")), (HOUR, _("%(n)s h")), (MINUTE, _("%(n)s min"))):
        if millis >= unit:
            return text % {"n": millis // unit}
    return _("%(n)s s") % {"n": max(millis, 0) // SECOND}


def ago(millis: Millis) -> str:
    """Write how long ago something was."""
    if millis < 5 * SECOND:
        return _("now")
    return _("%(time)s ago") % {"time": lasting(millis)}


def act_name(action: str) -> str:
    """Name an act of the audit log; one that has no name yet is shown as it is stored."""
    return {
        "event.create": _("Event created"),
        "event.edit": _("Event changed"),
        "event.published": _("Event published"),
        "event.draft": _("Event made a draft"),
        "event.archived": _("Event archived"),
        "tier.add": _("Tier added"),
        "tier.edit": _("Tier changed"),
        "tier.remove": _("Tier removed"),
        "list.save": _("Check-in list saved"),
        "tickets.issue": _("Tickets issued"),
        "ticket.refunded": _("Ticket refunded"),
        "ticket.cancelled": _("Ticket cancelled"),
        "ticket.disputed": _("Ticket marked as disputed"),
        "ticket.valid": _("Ticket restored"),
        "ticket.reissue": _("Ticket issued again"),
        "guests.import": _("Guests imported"),
        "guests.export": _("Guests exported"),
        "device.invite": _("Pairing code made"),
        "device.revoke": _("Phone or key revoked"),
        "key.create": _("Scanner key made"),
        "key.rotate": _("Signing key rotated"),
        "key.compromised": _("Signing key given up"),
        "device.readmit": _("Phone paired anew"),
        "organizer.create": _("Organizer created"),
        "organizer.connect": _("Connected with Stripe"),
        "order.paid": _("Paid, tickets issued"),
        "order.paid_too_late": _("Paid too late, no tickets left"),
        "order.resend": _("Tickets mailed again"),
        "order.cancel": _("Order cancelled"),
        "order.cancelled": _("Order cancelled"),
        "order.expired": _("Order expired"),
        "refund.request": _("Refund asked for"),
        "refund.pending": _("Refund on its way"),
        "refund.succeeded": _("Refund given back"),
        "refund.failed": _("Refund failed"),
        "refund.canceled": _("Refund cancelled at Stripe"),
        "dispute.opened": _("Disputed by the cardholder"),
        "dispute.won": _("Dispute won"),
        "dispute.lost": _("Dispute lost"),
        "dead_letter.replay": _("Failed work tried again"),
        "profile.save": _("Settings changed"),
        "profile.logo": _("Logo changed"),
        "scans.export": _("Scan log exported"),
        "conflict.resolve": _("Conflict looked at"),
        "session.end_all": _("Signed out everywhere"),
        "user.create": _("Person added"),
        "session.start": _("Signed in"),
        "session.end": _("Signed out"),
    }.get(action, action)


def actor_name(kind: str) -> str:
    """Name who did something, as far as a list tells."""
    return {
        "user": _("Organizer"),
        "admin": _("Administrator"),
        "system": _("System"),
        "nobody": _("Nobody signed in"),
    }.get(kind, kind)


def thing_name(kind: str) -> str:
    """Name the kind of thing that something was done to."""
    return {
        "event": _("event"),
        "tier": _("tier"),
        "list": _("check-in list"),
        "ticket": _("ticket"),
        "device": _("phone or key"),
        "guest_import": _("guest list"),
        "organizer": _("organizer"),
        "user": _("person"),
        "key": _("signing key"),
        "signing_key": _("signing key"),
        "order": _("order"),
        "refund": _("refund"),
        "dispute": _("dispute"),
        "dead_letter": _("failed work"),
    }.get(kind, kind)
