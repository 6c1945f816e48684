"""The evidence sheet of a dispute: what this server knows of the sale, for the bank to read."""

from collections.abc import Callable

from handstamp.kit.clock import Millis
from handstamp.pdf.plain_document import PlainDocument, PlainSection
from handstamp.plumbing.local_time import day_and_time, zone_note
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import _, language
from handstamp.portal import words
from handstamp.portal.dispute_words import reason_of
from handstamp.portal.scan_words import word_of
from handstamp.portal.support_words import mail_name
from handstamp.refunds.gather_evidence import Entry, Evidence, Held

When = Callable[[Millis], str]


def evidence_sheet(evidence: Evidence, made_at: Millis) -> PlainDocument:
    """Return the sheet in the language being spoken, times in the event's zone."""
    zone = evidence.event.time_zone

    def when(at: Millis) -> str:
        return day_and_time(at, zone)

    values = {"when": when(made_at), "zone": zone_note(made_at, zone)}
    return PlainDocument(
        language=language(),
        author=evidence.profile.seller,
        title=_("Evidence for dispute %(id)s") % {"id": evidence.view.dispute.id},
        lead=_("As recorded by the ticketing system on %(when)s. Times are those of the event’s "
               "place (%(zone)s).") % values,
        sections=(
            _dispute(evidence, when),
            _sale(evidence, when),
            _event(evidence, when),
            _tickets(evidence, when),
            _mails(evidence, when),
            _refunds(evidence, when),
            _policy(evidence, when),
        ),
        made_at=made_at,
    )  # fmt: skip


def _dispute(evidence: Evidence, when: When) -> PlainSection:
    dispute, payment = evidence.view.dispute, evidence.payment
    facts = [
        (_("Amount in dispute"), money(dispute.amount, dispute.currency)),
        (_("Reason given"), f"{reason_of(dispute.reason).name} ({dispute.reason or '–'})"),
        (_("Opened"), when(dispute.created_at)),
        (_("Payment at Stripe"), payment.payment_intent_id),
        (_("Charge at Stripe"), payment.charge_id or "–"),
        (_("Paid"), when(payment.paid_at or payment.created_at)),
        (_("Amount paid"), money(payment.amount, payment.currency)),
    ]
    if evidence.sale.card:
        facts.append((_("Card"), evidence.sale.card))
    return PlainSection(_("The dispute"), facts=tuple(facts))


def _sale(evidence: Evidence, when: When) -> PlainSection:
    sale, currency = evidence.sale, evidence.payment.currency
    is_wish = sale.kind == "preorder"
    agreed = _("Agreed to the charge") if is_wish else _("Accepted the terms and the refund policy")
    facts = (
        (_("Pre-order") if is_wish else _("Order"), sale.number),
        (_("Placed"), when(sale.placed_at)),
        (_("Buyer"), sale.name or "–"),
        (_("E-mail"), sale.email or "–"),
        (agreed, when(sale.agreed_at) if sale.agreed_at is not None else _("not recorded")),
        (_("Total"), money(sale.total, currency)),
    )
    return PlainSection(
        _("What was bought"),
        facts=facts,
        columns=(_("Tickets"), _("Tier"), _("Amount")),
        rows=tuple((str(qty), tier, money(total, currency)) for qty, tier, total in sale.lines),
        note=_("The member agreed to: %(text)s") % {"text": sale.agreed} if sale.agreed else "",
    )


def _event(evidence: Evidence, when: When) -> PlainSection:
    event = evidence.event
    place = ", ".join(part for part in (event.venue, event.city, event.province) if part)
    return PlainSection(
        _("The event"),
        facts=(
            (_("Title"), event.title),
            (_("Begins"), when(event.start_at)),
            (_("Ends"), when(event.end_at)),
            (_("Place"), place or "–"),
            (_("Sold by"), evidence.profile.seller),
        ),
    )


def _tickets(evidence: Evidence, when: When) -> PlainSection:
    if not evidence.tickets:
        return PlainSection(_("Tickets and their use at the door"), text=_("No ticket was issued."))
    return PlainSection(
        _("Tickets and their use at the door"),
        columns=(_("Ticket"), _("Tier"), _("In the name of"), _("State"), _("Let in")),
        rows=tuple(_ticket(held, when) for held in evidence.tickets),
        note=_("Scans come from the phones’ own logs, in which a later change would show."),
    )


def _ticket(held: Held, when: When) -> tuple[str, ...]:
    ticket = held.ticket
    statuses = words.ticket_statuses()
    return (
        ticket.printed_id,
        held.tier,
        ticket.holder_name or "–",
        statuses.get(ticket.status, ticket.status),
        "; ".join(_entry(entry, when) for entry in held.entries) or _("not seen at the door"),
    )


def _entry(entry: Entry, when: When) -> str:
    parts = [when(entry.at), entry.list_name]
    if entry.scan is not None:
        parts += [entry.scan.gate, entry.scan.device_name, entry.scan.operator]
        parts.append(word_of(entry.scan.kind, entry.scan.verdict).label)
    if entry.times > 1:
        parts.append(_("the last of %(num)d entries") % {"num": entry.times})
    return ", ".join(part for part in parts if part)


def _mails(evidence: Evidence, when: When) -> PlainSection:
    if not evidence.mails:
        return PlainSection(_("Mails"), text=_("No mail was written."))
    mine = evidence.sale.email
    return PlainSection(
        _("Mails"),
        columns=(_("Mail"), _("To"), _("Sent"), _("What became of it")),
        rows=tuple(
            (
                mail_name(mail.kind),
                mail.to_email if mail.to_email == mine else _("another holder"),
                when(mail.sent_at) if mail.sent_at is not None else "–",
                _became(mail.delivery, mail.status)
                + (f", {when(mail.delivery_at)}" if mail.delivery and mail.delivery_at else ""),
            )
            for mail in evidence.mails
        ),
        note=_("Arrived: the mail service has confirmed that the reader’s server took it."),
    )


def _became(delivery: str, status: str) -> str:
    said = {
        "delivered": _("Arrived"),
        "bounced": _("Came back"),
        "complained": _("Marked as spam"),
        "failed": _("Could not be sent"),
        "sent": _("Sent"),
    }
    return said.get(delivery) or said.get(status) or _("Waiting")


def _refunds(evidence: Evidence, when: When) -> PlainSection:
    if not evidence.refunds:
        return PlainSection(_("Money given back"), text=_("Nothing was given back."))
    statuses = words.refund_statuses()
    return PlainSection(
        _("Money given back"),
        columns=(_("Amount"), _("Asked for"), _("State"), _("Settled"), _("At Stripe")),
        rows=tuple(
            (
                money(one.amount, one.currency),
                when(one.created_at),
                statuses.get(one.status, one.status),
                when(one.settled_at) if one.settled_at is not None else "–",
                one.stripe_refund_id or "–",
            )
            for one in evidence.refunds
        ),
    )


def _policy(evidence: Evidence, when: When) -> PlainSection:
    until = evidence.event.refund_until
    where = (
        _("As it reads today. It stands on the event’s page.")
        if evidence.sale.kind == "preorder"
        else _("As it reads today. Buyers agree to it before they pay, and the mail with their "
               "tickets repeats it.")
    )  # fmt: skip
    return PlainSection(
        _("Refund policy"),
        facts=((_("Refunds until"), when(until)),) if until is not None else (),
        text=evidence.policy or _("None was published for this event."),
        note=where if evidence.policy else "",
    )
