"""Mails that a refund failed: to the team, who must act, and to the buyer, who waits for it."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy.ext.asyncio import AsyncSession

from handstamp.auth.find_profile import profile_of
from handstamp.mail.addresses import one_line
from handstamp.mail.prepared import NoLongerWanted, Prepare, Prepared
from handstamp.mail.send_mail import queue_mail
from handstamp.orders.order_access import link_for
from handstamp.orders.order_mails import about as about_order
from handstamp.pdf.brand import brand, ink_on
from handstamp.plumbing.money_text import money
from handstamp.plumbing.texts import speaking
from handstamp.plumbing.web import Services
from handstamp.preorders.preorder_mails import about as about_preorder
from handstamp.preorders.told import page_of
from handstamp.refunds import store
from handstamp.refunds.find_refunds import has_failed
from handstamp.refunds.models import Refund
from handstamp.refunds.rules import may_wait
from handstamp.refunds.sold_as import sold_as
from handstamp.refunds.store import Paid, PaidOrder
from handstamp.refunds.tell_team import tell_team

TO_TEAM, TO_BUYER = "refund_failed", "refund_not_arrived"


async def tell_failed(
    session: AsyncSession, paid: Paid, refund: Refund, *, promised: bool, restored: bool
) -> None:
    """Queue both mails; the buyer's where the money was `promised`: they wait for it.

    `restored`: the tickets that were void because of it were given back.
    """
    args = {"refund": refund.id}
    organizer_id = paid.payment.organizer_id
    await tell_team(session, TO_TEAM, organizer_id, args, about=f"refund:{refund.id}")
    subject = paid.order if isinstance(paid, PaidOrder) else paid.preorder
    about = about_order if isinstance(paid, PaidOrder) else about_preorder
    late = subject.status == "late_refunded"
    if subject.email and (promised or late):
        told = {**args, "restored": restored}
        with speaking(subject.language):
            await queue_mail(session, TO_BUYER, subject.email, told, about=about(subject.id))


async def prepare_team(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what the team is told: how much, of which order, and where to try again.

    Raises:
        NoLongerWanted: it was given again meanwhile.
    """
    async with services.db.read() as session:
        refund = await _still_failed(session, str(args["refund"]))
        number, event, page = await sold_as(session, refund)
        profile = await profile_of(session, event.organizer_id)
    site = services.settings.public_url
    return Prepared(
        {
            "title": one_line(event.title),
            "organizer": one_line(profile.name),
            "contact": "",
            "amount": money(refund.amount, refund.currency),
            "number": number,
            "too_little": may_wait(refund.failure),
            "link": f"{site}/tickets/organizer/events/{event.id}/{page}",
            "brand": brand(""),
            "brand_ink": ink_on(brand("")),
        }
    )


async def prepare_buyer(services: Services, args: Mapping[str, Any]) -> Prepared:
    """Return what the buyer is told: how much did not arrive, whose turn it is, their tickets.

    Raises:
        NoLongerWanted: it was given again meanwhile.
    """
    async with services.db.read() as session:
        refund = await _still_failed(session, str(args["refund"]))
        number, event, _page = await sold_as(session, refund)
        profile = await profile_of(session, event.organizer_id)
        link, tickets = await _tickets(session, services, refund, restored=bool(args["restored"]))
    color = brand(profile.brand_color)
    return Prepared(
        {
            "title": one_line(event.title),
            "organizer": one_line(profile.name),
            "contact": one_line(profile.contact_email),
            "amount": money(refund.amount, refund.currency),
            "number": number,
            "tickets": tickets,
            "link": link,
            "brand": color,
            "brand_ink": ink_on(color),
        },
        sender=profile.name,
        reply_to=profile.contact_email,
    )


async def _still_failed(session: AsyncSession, refund_id: str) -> Refund:
    refund = await store.refund(session, refund_id)
    if refund is None or not has_failed(await store.refunds_of_payment(session, refund.payment_id)):
        raise NoLongerWanted
    return refund


async def _tickets(
    session: AsyncSession, services: Services, refund: Refund, *, restored: bool
) -> tuple[str, str]:
    """Return the buyer's page, and how their tickets stand: "again" valid, "look", or '' none."""
    if refund.preorder_id:
        return page_of(services.settings, refund.preorder_id), ""
    order = await store.order(session, refund.order_id or "")
    assert order is not None, "a refund is of something"
    tickets = await store.tickets(session, order.id)
    opens = any(ticket.status == "valid" for ticket in tickets)
    return link_for(services, order), ("again" if restored and opens else "look") if tickets else ""


PREPARERS: dict[str, Prepare] = {TO_TEAM: prepare_team, TO_BUYER: prepare_buyer}
