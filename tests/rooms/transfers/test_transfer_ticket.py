"""A ticket goes to another person or gets another name: codes, links, mails, phones, refusals."""

import asyncio

import pypdfium2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_owner, make_person
from tests.factories.checkin import make_scanner_key
from tests.factories.events import make_list
from tests.rooms.orders.sale import Sale
from tests.rooms.storefront.conftest import Shopper

from handstamp.audit.models import AuditEntry
from handstamp.events.models import Event
from handstamp.kit.clock import HOUR
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.notices.models import NoticeReader
from handstamp.notices.notice_mails import prepare
from handstamp.notices.tell_holders import add_notice
from handstamp.orders.find_orders import items_of
from handstamp.orders.models import Order
from handstamp.orders.order_papers import papers_of
from handstamp.orders.send_reminders import remind_now
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.web import SYSTEM
from handstamp.privacy.erase_person import erase_person
from handstamp.refunds.void_tickets import void_lines
from handstamp.tickets.find_tickets import token_of
from handstamp.tickets.models import Ticket
from handstamp.tickets.revoke_ticket import change_status
from handstamp.transfers.find_given import has_tickets
from handstamp.transfers.holder_link import link_for
from handstamp.transfers.transfer_mails import (
    prepare_passed_on,
    prepare_received,
    prepare_reminder,
)
from handstamp.transfers.transfer_ticket import checked, transfer_bought, transfer_owned

pytestmark = pytest.mark.anyio
TO = {"to_name": "Lin Chen", "to_email": "Lin@Example.org"}
LIN = checked("Lin Chen", "lin@example.org")


async def bought(sale: Sale, shopper: Shopper, qty: int = 1) -> tuple[str, list[Ticket]]:
    """Buy so many; return the order's page and its tickets."""
    page = await shopper.buy(sale, qty)
    return page, await sale.tickets(await sale.find(page.rpartition("/")[2]))


async def pieces(sale: Sale, ticket: Ticket) -> tuple[Ticket, Event, str]:
    """Return a ticket as it is now, its event, and the text of its code."""
    async with sale.services.db.read() as session:
        found = await session.get_one(Ticket, ticket.id)
        event = await session.get_one(Event, found.event_id)
        return found, event, await token_of(session, sale.services, event, found)


async def test_who_gets_it_has_the_only_code_that_counts(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page, (first, second) = await bought(sale, shopper, 2)
    _first, event, old = await pieces(sale, first)
    await shopper.get(page)
    here = f"{page}/tickets/{first.id}"
    assert here in shopper.html
    await shopper.post(f"{here}/pass-on", TO, on=here)
    assert "This cannot be undone." in shopper.text
    assert (await pieces(sale, first))[0].epoch == 1
    for _again in range(2):
        await shopper.post(f"{here}/pass-on", {**TO, "sure": "y"}, on=page)
        assert "Passed on. Lin Chen gets a mail" in shopper.text
    now, _event, fresh = await pieces(sale, first)
    assert (now.epoch, now.holder_name, now.holder_email) == (2, "Lin Chen", "lin@example.org")
    assert (now.order_ref, now.order_id) == ("", first.order_id)
    assert "the code is with its new holder" in shopper.text
    mails = await sale.mails()
    assert [mails.count(kind) for kind in ("ticket_received", "ticket_passed_on")] == [1, 1]
    async with sale.services.db.write() as session:
        await make_list(session, sale.services, event)
        key = await make_scanner_key(session, sale.services, event)
        papers = await papers_of(session, sale.services, str(first.order_id))
        acts = select(AuditEntry.meta_json).where(AuditEntry.action == "ticket.transfer")
        told = list(await session.scalars(acts))
    assert [one.id for one in papers.tickets] == [second.id]
    assert len(told) == 1
    assert all(word not in told[0].lower() for word in ("lin@", "chen"))
    for code, verdict in ((old, False), (fresh, True)):
        answer = await shopper.http.post(
            "/api/tickets/validate",
            json={"token": code},
            headers={"Authorization": f"Bearer {key}"},
        )
        assert answer.json().get("admit") is verdict, answer.text
    api = await shopper.http.get(f"/api/tickets/orders/{first.order_id}/tickets")
    codes = {one["id"]: bool(one["code"]) for one in api.json()["tickets"]}
    assert codes == {first.id: False, second.id: True}
    await stranger.get(link_for(sale.services, now).removeprefix("http://testserver"))
    assert "Lin Chen" in stranger.text
    assert "key=" not in stranger.path
    pdf = await stranger.http.get(f"/tickets/ticket/{first.id}/ticket.pdf")
    printed = pypdfium2.PdfDocument(pdf.content)[0].get_textpage().get_text_range()
    assert now.printed_id in printed
    assert first.order_ref not in printed
    assert (await stranger.http.get(page)).status_code == 404


async def test_each_holder_is_written_to_and_an_old_link_is_dead(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    _page, (ticket,) = await bought(sale, shopper)
    order_id = str(ticket.order_id)
    given = await transfer_bought(sale.services, SYSTEM, order_id, ticket.id, LIN)
    link = link_for(sale.services, given)
    args = {"ticket": given.id, "epoch": given.epoch, "language": "en"}
    made = await prepare_received(sale.services, args)
    assert made.values["link"] == link
    assert [part.media_type for part in made.attachments] == ["application/pdf"]
    assert (await prepare_passed_on(sale.services, args)).values["holder"] == "Lin Chen"
    async with sale.services.db.write() as session:
        mails = {one.kind: one for one in await session.scalars(select(Mail))}
        again = checked("Kim", "kim@example.org")
        await transfer_owned(session, sale.services, SYSTEM, ticket.id, again)
    assert mails["ticket_received"].to_email == "lin@example.org"
    assert mails["ticket_received"].about == f"ticket:{ticket.id}"
    assert mails["ticket_passed_on"].to_email == "grace@example.org"
    assert (await stranger.http.get(link)).status_code == 404
    async with sale.services.db.read() as session:
        last = select(Mail.to_email).where(Mail.kind == "ticket_passed_on")
        assert sorted(await session.scalars(last)) == ["grace@example.org", "lin@example.org"]


async def test_what_may_not_change_hands(sale: Sale, shopper: Shopper) -> None:
    _page, (ticket, other) = await bought(sale, shopper, 2)
    path = f"/api/tickets/orders/{ticket.order_id}/tickets/{ticket.id}"
    body = {"name": "Lin", "email": "lin@example.org"}

    async def ask(**others: str) -> int:
        answer = await shopper.http.post(f"{path}/transfer", json={**body, **others})
        return answer.status_code

    assert await ask(email="grace@example.org") == 409
    for wrong in ({"email": "no"}, {"email": "a@b.org\r\nBcc: c@d.org"}, {"name": " "}):
        assert await ask(**wrong) == 400, wrong
    for status in ("disputed", "valid", "refunded"):
        async with sale.services.db.write() as session:
            found = await session.get_one(Ticket, ticket.id)
            await change_status(session, sale.services, SYSTEM, found, status)
        if status != "valid":
            assert await ask() == 409, status
    _other, event, code = await pieces(sale, other)
    async with sale.services.db.write() as session:
        await make_list(session, sale.services, event)
        key = await make_scanner_key(session, sale.services, event)
    bearer = {"Authorization": f"Bearer {key}"}
    await shopper.http.post("/api/tickets/validate", json={"token": code}, headers=bearer)
    with pytest.raises(Conflict) as refused:
        await transfer_bought(sale.services, SYSTEM, str(other.order_id), other.id, LIN)
    assert "came in" in refused.value.detail
    with pytest.raises(NotFound):
        await transfer_bought(sale.services, SYSTEM, "ord_none", other.id, LIN)


async def test_not_in_the_last_hours_and_not_too_often(sale: Sale, shopper: Shopper) -> None:
    page, (ticket,) = await bought(sale, shopper)
    sale.clock.advance(sale.event.start_at - sale.clock() - 2 * HOUR)
    await shopper.get(page)
    assert f"/tickets/{ticket.id}" not in shopper.html
    path = f"/api/tickets/orders/{ticket.order_id}/tickets/{ticket.id}/name"
    told = [(await shopper.http.put(path, json={"name": "Kim"})).status_code for _ in range(13)]
    assert told == [409] * 12 + [429]
    async with sale.services.db.write() as session:
        late = await transfer_owned(session, sale.services, SYSTEM, ticket.id, LIN)
    assert late.epoch == 2


async def test_who_passed_all_on_is_not_told_to_show_a_code(sale: Sale, shopper: Shopper) -> None:
    page, (first, second) = await bought(sale, shopper, 2)
    for ticket, told in ((first, "Your tickets are here"), (second, "passed your tickets on")):
        await transfer_bought(sale.services, SYSTEM, str(ticket.order_id), ticket.id, LIN)
        await shopper.get(page)
        assert told in shopper.text
    assert "Show the code" not in shopper.text


async def test_another_name_keeps_the_code_and_phones_hear_of_it(
    sale: Sale, shopper: Shopper
) -> None:
    page, (ticket,) = await bought(sale, shopper)
    before, _event, code = await pieces(sale, ticket)
    here = f"{page}/tickets/{ticket.id}"
    await shopper.post(f"{here}/name", {"name": ""}, on=here)
    assert shopper.status == 422
    await shopper.post(f"{here}/name", {"name": "Kim Lee"}, on=here)
    assert "The code stays as it is." in shopper.text
    now, _event, same = await pieces(sale, ticket)
    assert (now.holder_name, same, now.revision) == ("Kim Lee", code, before.revision + 1)
    assert now.feed_seq is None


async def test_two_at_once_leave_one_holder(sale: Sale, shopper: Shopper) -> None:
    _page, (ticket,) = await bought(sale, shopper)
    order_id, kim = str(ticket.order_id), checked("Kim", "kim@example.org")
    asked = [transfer_bought(sale.services, SYSTEM, order_id, ticket.id, who) for who in (LIN, kim)]
    told = await asyncio.gather(*asked, return_exceptions=True)
    (given,) = [one for one in told if isinstance(one, Ticket)]
    (refused,) = [one for one in told if isinstance(one, Conflict)]
    assert "was passed on" in refused.detail or "changed a moment ago" in refused.detail
    now = (await pieces(sale, ticket))[0]
    assert (now.epoch, now.holder_email) == (2, given.holder_email)
    assert (await sale.mails()).count("ticket_received") == 1


async def test_the_organizer_does_both(sale: Sale, shopper: Shopper) -> None:
    _page, (ticket,) = await bought(sale, shopper)
    owner = await make_person(sale.services, "root@example.org", is_admin=True)
    other, _organizer = await make_owner(sale.services)
    api = f"/api/tickets/tickets/{ticket.id}"
    body, http = {"name": "Lin", "email": "lin@example.org"}, shopper.http
    assert (await http.post(f"{api}/transfer", json=body, headers=other.headers)).status_code == 404
    once = {**owner.headers, "Idempotency-Key": "one"}
    answers = [await http.post(f"{api}/transfer", json=body, headers=once) for _ in range(2)]
    assert [one.status_code for one in answers] == [200, 200]
    assert (await pieces(sale, ticket))[0].epoch == 2
    shopper.person = owner
    here = f"/tickets/organizer/events/{sale.event.id}/guests/{ticket.id}"
    await shopper.post(f"{here}/holder", {"do": "pass", "name": "Kim", "email": "no"}, on=here)
    assert shopper.status == 422
    kim = {"do": "pass", "name": "Kim", "email": "kim@example.org"}
    await shopper.post(f"{here}/holder", kim, on=here)
    assert "Passed on." in shopper.text
    await shopper.post(f"{here}/holder", {"do": "rename", "name": "Kim Lee"}, on=here)
    now, _event, _code = await pieces(sale, ticket)
    assert (now.epoch, now.holder_name, now.holder_email) == (3, "Kim Lee", "kim@example.org")


async def test_who_has_it_now_is_told_of_changes_and_outlives_the_buyers_erasure(
    sale: Sale, shopper: Shopper
) -> None:
    _page, (ticket, other) = await bought(sale, shopper, 2)
    of = sale.services
    given = await transfer_bought(of, SYSTEM, str(ticket.order_id), ticket.id, LIN)
    async with of.db.write() as session:
        text = {"subject": "Doors", "body": "They open at seven."}
        notice = await add_notice(session, SYSTEM, sale.event, "message", **text, at=of.clock())
    async with of.db.read() as session:
        readers = select(NoticeReader.holds).where(NoticeReader.notice_id == notice.id)
        assert set(await session.scalars(readers)) == {
            f"order:{ticket.order_id}",
            f"ticket:{ticket.id}",
        }
    args = {"notice": notice.id, "holds": f"ticket:{ticket.id}"}
    assert (await prepare(of, args)).values["link"] == link_for(of, given)
    await erase_person(of, SYSTEM, "grace@example.org")
    assert [(await pieces(sale, one))[0].holder_name for one in (ticket, other)] == ["Lin Chen", ""]
    await erase_person(of, SYSTEM, "lin@example.org")
    gone, _event, _code = await pieces(sale, ticket)
    assert (gone.holder_name, gone.holder_email, gone.status) == ("", "", "valid")


async def test_who_has_it_now_finds_it_is_reminded_and_hears_when_it_is_void(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    _page, (ticket, _other) = await bought(sale, shopper, 2)
    of = sale.services
    async with of.db.read() as session:
        assert not await has_tickets(session, "lin@example.org")
    given = await transfer_bought(of, SYSTEM, str(ticket.order_id), ticket.id, LIN)
    stranger.person = await make_person(of, "lin@example.org")
    await stranger.get("/tickets/mine")
    assert "Given to you" in stranger.text
    assert link_for(of, given) in stranger.html
    assert "No tickets yet" not in stranger.text
    async with of.db.read() as session:
        assert await has_tickets(session, "lin@example.org")
    await sale.change(await sale.find(str(ticket.order_id)), placed_at=0)
    sale.clock.advance(sale.event.start_at - HOUR - sale.clock())
    assert await remind_now(of) == 2
    args = {"ticket": given.id, "epoch": given.epoch, "language": "en"}
    assert (await prepare_reminder(of, args)).values["link"] == link_for(of, given)
    for status in ("disputed", "valid"):  # told of it still, and not reminded
        async with of.db.write() as session:
            found = await session.get_one(Ticket, given.id)
            await change_status(session, of, SYSTEM, found, status)
        assert (await prepare_received(of, args)).values["link"] == link_for(of, given)
        if status == "disputed":
            with pytest.raises(NoLongerWanted):
                await prepare_reminder(of, args)
    await refund_whole(sale, str(ticket.order_id))
    async with of.db.read() as session:
        mails = (await session.scalars(select(Mail))).all()
    assert {mail.to_email for mail in mails if mail.kind == "ticket_reminder"} == {
        "lin@example.org"
    }
    void = [mail for mail in mails if mail.kind == "tickets_taken_back"]
    assert [mail.to_email for mail in void] == ["lin@example.org"]
    with pytest.raises(NoLongerWanted):
        await prepare_reminder(of, args)
    await stranger.get("/tickets/mine")
    assert "No tickets yet" in stranger.text


async def refund_whole(sale: Sale, order_id: str) -> None:
    """Do what follows for an order's tickets when all of its money goes back."""
    async with sale.services.db.write() as session:
        order = await session.get_one(Order, order_id)
        lines = {item.id for item in await items_of(session, order)}
        await void_lines(session, sale.services, order, lines)
