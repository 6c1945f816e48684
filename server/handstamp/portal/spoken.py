"""Durations and acts in words."""

from handstamp.clubs.models import Club
from handstamp.kit.clock import DAY, HOUR, MINUTE, SECOND, Millis
from handstamp.plumbing.texts import _
from handstamp.portal import pool_words
from handstamp.preorders.rules import WEEKDAYS


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
        "device.void": _("Scans of a phone made void"),
        "device.invite": _("Pairing code made"),
        "device.revoke": _("Phone or key revoked"),
        "key.create": _("Scanner key made"),
        "key.rotate": _("Signing key rotated"),
        "key.compromised": _("Signing key given up"),
        "device.list_key": _("Guest list made readable on a phone"),
        "device.readmit": _("Phone paired anew"),
        "device.export_log": _("Log of a phone downloaded"),
        "device.hand_in": _("Log of a phone handed in as a file"),
        **_event_acts(),
        **_ticket_acts(),
        **_club_acts(),
        **pool_words.acts(),
        "dead_letter.replay": _("Failed work tried again"),
        "database.restore": _("Backup put back"),
        "person.erase": _("Person erased"),
        "person.export": _("A person’s data handed out"),
        "profile.save": _("Settings changed"),
        "profile.logo": _("Logo changed"),
        "scans.export": _("Scan log exported"),
        "conflict.resolve": _("Conflict looked at"),
        "session.end_all": _("Signed out everywhere"),
        "user.create": _("Person added"),
        "session.start": _("Signed in"),
        "session.end": _("Signed out"),
    }.get(action, action)


def _event_acts() -> dict[str, str]:
    return {
        "event.create": _("Event created"),
        "event.edit": _("Event changed"),
        "event.published": _("Event published"),
        "event.draft": _("Event made a draft"),
        "event.archived": _("Event archived"),
        "event.review": _("Page sent for approval"),
        "event.hidden": _("Page hidden by an administrator"),
        "event.approve": _("Page approved"),
        "domain.watch": _("Domain watched"),
        "domain.forget": _("Domain watched no more"),
        "event.testing": _("Event of the self-test"),
        "selftest.begin": _("Self-test begun"),
        "organizer.trust": _("Organizer trusted"),
        "organizer.distrust": _("Organizer trusted no more"),
        "event.cancelled": _("Event taken off sale for good"),
        "event.cancel": _("Event cancelled"),
        "event.postpone": _("New date, holders told"),
        "event.duplicate": _("Event made like another"),
        "event.message": _("All holders written to"),
        "stock.override": _("More tickets given than were left"),
        "tier.add": _("Tier added"),
        "tier.edit": _("Tier changed"),
        "tier.remove": _("Tier removed"),
        "list.save": _("Check-in list saved"),
        "event.prices": _("Fee or taxes changed"),
        "code.add": _("Code added"),
        "code.edit": _("Code changed"),
        "waitlist.change": _("Waiting list set up"),
        "waitlist.offer": _("Tickets offered by hand"),
        "waitlist.front": _("Put in front of the waiting list"),
        "waitlist.back": _("Back in line on the waiting list"),
        "waitlist.remove": _("Taken off the waiting list"),
        "event.overbook": _("Overbooking set"),
        "event.shortfall": _("Less room: tickets given back"),
        "event.supervisor_pin": _("Supervisor's PIN set"),
        "event.supervisor_pin_off": _("Supervisor's PIN taken away"),
        "organizer.create": _("Organizer created"),
        "organizer.connect": _("Connected with Stripe"),
        "team.set_role": _("Role in the team given"),
        "team.remove": _("Removed from the team"),
    }


def _ticket_acts() -> dict[str, str]:
    return {
        "order.email": _("Address corrected"),
        "order.comp": _("Tickets given free of charge"),
        "order.manual": _("Tickets sold by hand"),
        "order.take_back": _("Order by hand taken back"),
        "ticket.note": _("Note for the door written"),
        "ticket.note_off": _("Note for the door taken away"),
        "tickets.issue": _("Tickets issued"),
        "ticket.refunded": _("Ticket refunded"),
        "ticket.cancelled": _("Ticket cancelled"),
        "ticket.disputed": _("Ticket marked as disputed"),
        "ticket.valid": _("Ticket restored"),
        "ticket.reissue": _("Ticket issued again"),
        "ticket.transfer": _("Ticket passed on"),
        "ticket.rename": _("Name on the ticket changed"),
        "guests.import": _("Guests imported"),
        "guests.export": _("Guests exported"),
        "orders.export": _("Orders exported"),
        "export.schedule": _("Regular export set up"),
        "export.pause": _("Regular export paused"),
        "export.resume": _("Regular export goes on"),
        "export.unschedule": _("Regular export removed"),
        "export.tell": _("Regular export mailed"),
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
        "dispute.evidence": _("Evidence sheet downloaded"),
    }


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
        "domain": _("domain"),
        "refund": _("refund"),
        "dispute": _("dispute"),
        "dead_letter": _("failed work"),
        "club": _("club"),
        "club_member": _("club member"),
        "club_invite": _("code of a club"),
        "preorder": _("pre-order"),
        "charge_run": _("charge run"),
        "card": _("saved card"),
        "server": _("server"),
    }.get(kind, kind)


def charge_words(club: Club) -> str:
    """Say when a club charges cards: `Tuesday 19:00, by hand`."""
    told = {"weekday": _(WEEKDAYS[club.charge_weekday]), "time": club.charge_at}
    if club.charge_start == "clock":
        return _("%(weekday)s %(time)s, by the clock") % told
    return _("%(weekday)s %(time)s, by hand") % told


def _club_acts() -> dict[str, str]:
    return {
        "club.create": _("Club begun"),
        "club.edit": _("Club changed"),
        "club.archive": _("Club ended"),
        "club.invite_people": _("People invited into a club"),
        "club.create_invite": _("Code of a club made"),
        "club.revoke_invite": _("Code of a club taken back"),
        "club.join": _("Joined a club"),
        "club.leave": _("Left a club"),
        "club.remove_member": _("Member removed"),
        "club.restore_member": _("Member taken in again"),
        "club.offer_event": _("Event offered to a club"),
        "club.edit_offer": _("Terms of an offer changed"),
        "club.withdraw_event": _("Event taken back from a club"),
        "preorder.place": _("Placed"),
        "preorder.pending": _("Waiting for a decision"),
        "preorder.approved": _("Approved"),
        "preorder.denied": _("Denied"),
        "preorder.cancelled": _("Cancelled"),
        "preorder.not_allocated": _("Not selected, not charged"),
        "preorder.charging": _("Charging begun"),
        "preorder.paid": _("Paid"),
        "preorder.failed": _("Card declined"),
        "preorder.needs_action": _("The bank asks the member"),
        "preorder.waiting_for_stock": _("Paid, waiting for a ticket"),
        "preorder.fulfilled": _("Ticket sent"),
        "preorder.refunded": _("Refunded"),
        "preorder.refund_failed": _("Refund failed, the money came back to you"),
        "preorder.card": _("Another card given"),
        "preorder.tier": _("Another ticket chosen"),
        "preorder.draw": _("Draw held"),
        "preorder.resend": _("Ticket mailed again"),
        "preorder.paid_for_nothing": _("Paid although closed, money returned"),
        "charge_run.start": _("Charging started"),
        "charge_run.pause": _("Charging paused"),
        "charge_run.resume": _("Charging resumed"),
        "charge_run.stop": _("Charging stopped"),
        "charge_run.done": _("Charging finished"),
        "card.remove": _("Saved card removed"),
    }
