"""Issuing tickets."""

import pytest
from tests.factories.events import make_event, make_tier
from tests.factories.tickets import make_holders, make_tickets, make_tokens

from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.web import Services
from handstamp.tickets.issue_tickets import Holder, issue
from handstamp.tickets.number_changes import number
from handstamp.tickets.printed_id import serial_of
from handstamp.tickets.signing_keys import keys_of_event
from handstamp.tickets.token import TicketKey, check_token

pytestmark = pytest.mark.anyio


async def test_a_ticket_carries_a_token_that_the_published_keys_verify(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=2)
        tokens = await make_tokens(session, services, event, tickets)
        published = await keys_of_event(session, event)
    keys = {key.id: TicketKey(key.public, key.compromised) for key in published}
    for ticket, text in zip(tickets, tokens, strict=True):
        checked = check_token(text, keys)
        assert checked.check == "ok"
        assert checked.token is not None
        assert checked.token.body is not None
        assert checked.token.body[1:] == (event.number, ticket.serial, 1, 1)
        assert serial_of(ticket.printed_id) == ticket.serial


async def test_many_holders_keep_their_order_and_get_serials_of_their_own(
    services: Services,
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services, tiers=("General", "VIP"))
        vip = await make_tier(session, services, event, "Backstage")
        holders = make_holders(700)
        tickets = await issue(session, services, event, vip, holders)
    assert [ticket.holder_email for ticket in tickets] == [holder.email for holder in holders]
    assert len({ticket.serial for ticket in tickets}) == 700
    assert {ticket.tier_no for ticket in tickets} == {3}


async def test_the_same_external_id_is_refused_and_leaves_nothing(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        await make_tickets(session, services, event, holders=[Holder("Ada", external_id="x1")])
        with pytest.raises(Conflict):
            await make_tickets(session, services, event, holders=[Holder("Bob", external_id="x1")])
        twice = [Holder("Cy", external_id="x2"), Holder("Di", external_id="x2")]
        with pytest.raises(Conflict):
            await make_tickets(session, services, event, holders=twice)


async def test_new_tickets_wait_for_their_numbers_and_get_them_without_gaps(
    services: Services,
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        tickets = await make_tickets(session, services, event, count=5)
    assert {ticket.feed_seq for ticket in tickets} == {None}
    async with services.db.write() as session:
        numbered = await number(session, event.id, 40)
        assert numbered == [("t", str(ticket.serial), 1) for ticket in tickets]
        assert await number(session, event.id, 45) == []
