"""What the pages of support say of what happened, in the reader's language."""

from typing import NamedTuple

from handstamp.plumbing.texts import _
from handstamp.portal import words
from handstamp.portal.scan_words import word_of
from handstamp.portal.spoken import act_name, actor_name
from handstamp.support.found import Hit, MailHit, Moment, Story


class Told(NamedTuple):
    """A moment in words: its line, who did it, and the tone (an icon's name too)."""

    line: str
    by: str
    tone: str


def kinds() -> dict[str, str]:
    """Name the kinds of what is found."""
    return {
        "order": _("Orders"),
        "preorder": _("Pre-orders"),
        "ticket": _("Tickets"),
        "member": _("Club members"),
        "waiting": _("Waiting lists"),
        "mail": _("Mails"),
    }


def moment_kinds() -> dict[str, str]:
    """Name the kinds of moments."""
    return {
        "payment": _("Payment"),
        "refund": _("Refund"),
        "dispute": _("Dispute"),
        "mail": _("Mail"),
        "scan": _("Door"),
        "act": _("Act"),
    }


def status_name(thing: Hit | Story) -> str:
    """Name a status of what was found."""
    return _names(thing.kind).get(thing.status, thing.status)


def status_tone(thing: Hit | Story) -> str:
    """Return the tone of a status of what was found."""
    tones = {
        "order": words.ORDER_TONES,
        "preorder": words.PREORDER_TONES,
        "ticket": words.TONES,
        "member": words.MEMBER_TONES,
        "waiting": words.WAITING_TONES,
    }
    return tones[thing.kind].get(thing.status, "")


def told(moment: Moment) -> Told:
    """Say what happened."""
    if moment.kind == "scan":
        kind, _dot, verdict = moment.what.partition(".")
        shown = word_of(kind, verdict)
        return Told(_("At the door: %(verdict)s") % {"verdict": shown.label}, moment.by, shown.tone)
    if moment.kind == "act":
        line = _("Tickets were held") if moment.what == "order.held" else act_name(moment.what)
        return Told(line, actor_name(moment.by), "")
    line, tone = _lines()[moment.kind].get(moment.what, (moment.what, ""))
    by = words.refund_origins().get(moment.by, "") if moment.kind == "refund" else ""
    return Told(line, by, tone)


def note_of(moment: Moment) -> str:
    """Return what else there is to say; a mail's kind is named."""
    if moment.kind != "mail":
        return moment.note
    kind, _dot, rest = moment.note.partition(" · ")
    return f"{mail_name(kind)} · {rest}"


def mail_name(kind: str) -> str:
    """Name a kind of mail."""
    return words.mail_kinds().get(kind, kind)


def mail_state(mail: MailHit) -> str:
    """Say what became of a mail."""
    lines = _lines()["mail"]
    return lines.get(mail.delivery, lines.get(mail.status, (_("Not needed any more"), "")))[0]


def ticket_name(status: str) -> str:
    """Name a ticket's status."""
    return words.ticket_statuses().get(status, status)


def ticket_tone(status: str) -> str:
    """Return the tone of a ticket's status."""
    return words.TONES.get(status, "")


def _names(kind: str) -> dict[str, str]:
    named = {
        "order": words.order_statuses,
        "preorder": words.preorder_statuses,
        "ticket": words.ticket_statuses,
        "member": words.member_statuses,
        "waiting": words.waiting_statuses,
    }
    return named[kind]()


def _lines() -> dict[str, dict[str, tuple[str, str]]]:
    return {
        "payment": {
            "paid": (_("Paid"), "valid"),
            "failed": (_("The payment failed"), "refused"),
            "begun": (_("Payment begun"), ""),
        },
        "refund": {
            "asked": (_("Refund asked for"), ""),
            "pending": (_("Refund on its way"), ""),
            "succeeded": (_("Refund given back"), "valid"),
            "failed": (_("Refund failed"), "refused"),
            "canceled": (_("Refund cancelled at Stripe"), "refused"),
        },
        "dispute": {
            "opened": (_("Disputed by the cardholder"), "used"),
            "won": (_("Dispute won"), "valid"),
            "lost": (_("Dispute lost"), "refused"),
        },
        "mail": {
            "queued": (_("Mail written"), ""),
            "sent": (_("Mail sent"), ""),
            "failed": (_("Mail could not be sent"), "refused"),
            "delivered": (_("Mail arrived"), "valid"),
            "bounced": (_("Mail came back"), "refused"),
            "complained": (_("Mail marked as spam"), "refused"),
        },
    }
