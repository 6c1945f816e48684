"""The life of a ticket, as rules and as rows."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from sqlalchemy import update
from tests.factories.events import make_event
from tests.factories.tickets import make_tickets, make_tokens

from handstamp.kit.clock import MINUTE, FakeClock
from handstamp.plumbing.errors import Conflict, NotFound
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.tickets import rules
from handstamp.tickets.find_tickets import owned_ticket
from handstamp.tickets.issue_tickets import Holder
from handstamp.tickets.models import Ticket
from handstamp.tickets.number_changes import number
from handstamp.tickets.reissue_ticket import reissue
from handstamp.tickets.revoke_ticket import change_status
from handstamp.tickets.token import parse_token

pytestmark = pytest.mark.anyio

ACTS = (*rules.STATUSES, "reissue", "number")


@given(st.sampled_from(rules.STATUSES), st.sampled_from(rules.STATUSES))
def test_every_status_leads_back_to_valid_and_none_to_itself(before: str, after: str) -> None:
    assert not rules.may_become(before, before)
    assert before == "valid" or rules.may_become(before, "valid")
    if after == "disputed" and before != "valid":
        assert not rules.may_become(before, after)


@hypothesis_settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(acts=st.lists(st.sampled_from(ACTS), max_size=12))
async def test_whatever_is_done_status_epoch_revision_and_feed_agree(
    services: Services, acts: list[str]
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
    status, epoch, revision, waiting = "valid", 1, 1, True
    for act in acts:
        async with services.db.write() as session:
            if act == "number":
                assert len(await number(session, event.id, revision * 10)) == int(waiting)
                waiting = False
                continue
            try:
                if act == "reissue":
                    await reissue(session, services, SYSTEM, ticket)
                else:
                    await change_status(session, services, SYSTEM, ticket, act)
            except Conflict:
                assert act == "reissue" or not rules.may_become(status, act)
                assert act != "reissue" or status != "valid"
                continue
        if act == "reissue":
            epoch, revision, waiting = epoch + 1, revision + 1, True
        elif act != status:
            status, revision, waiting = act, revision + 1, True
        async with services.db.read() as session:
            ticket, _event = await owned_ticket(session, SYSTEM, ticket.id)
        assert (ticket.status, ticket.epoch, ticket.revision) == (status, epoch, revision)
        assert (ticket.feed_seq is None) == waiting


async def test_a_change_is_signalled_once_it_is_committed(
    services: Services, clock: FakeClock
) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
    heard = services.signals.subscribe(f"event:{event.id}")
    clock.advance(MINUTE)
    async with services.db.write() as session:
        changed = await change_status(session, services, SYSTEM, ticket, "refunded")
        assert not await heard.wait(0)
    assert await heard.wait(1)
    assert changed.status_at == clock()
    heard.close()


async def test_a_row_numbered_while_it_is_rewritten_is_numbered_again(services: Services) -> None:
    """The writer's row was un-numbered when it was read; the door numbers it meanwhile."""
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
    assert ticket.feed_seq is None
    async with services.db.write() as session:
        assert len(await number(session, event.id, 0)) == 1
    async with services.db.write() as session:
        await change_status(session, services, SYSTEM, ticket, "refunded")
    async with services.db.write() as session:
        assert await number(session, event.id, 1) == [("t", str(ticket.serial), 2)]


async def test_reissue_gives_another_code_and_may_give_another_holder(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
        (before,) = await make_tokens(session, services, event, [ticket])
        digest = ticket.token_digest
        holder = Holder("Bob", "bob@example.org", "B-1")
        fresh = await reissue(session, services, SYSTEM, ticket, holder=holder)
        (after,) = await make_tokens(session, services, event, [fresh])
    token = parse_token(after)
    assert token is not None
    assert token.body is not None
    assert (token.body.serial, token.body.epoch) == (ticket.serial, 2)
    assert before != after
    assert fresh.token_digest != digest
    assert (fresh.holder_name, fresh.holder_email, fresh.order_ref) == (
        "Bob",
        "bob@example.org",
        "B-1",
    )


async def test_after_epoch_255_a_new_serial_takes_its_place(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        people = [Holder("Ada", "ada@example.org", external_id="x1")]
        (ticket,) = await make_tickets(session, services, event, holders=people)
        await session.execute(update(Ticket).where(Ticket.id == ticket.id).values(epoch=255))
    async with services.db.write() as session:
        old, _event = await owned_ticket(session, SYSTEM, ticket.id)
        fresh = await reissue(session, services, SYSTEM, old)
        old, _event = await owned_ticket(session, SYSTEM, ticket.id)
    assert fresh.serial != old.serial
    assert (fresh.epoch, fresh.status, fresh.external_id) == (1, "valid", "x1")
    assert (old.status, old.external_id) == ("cancelled", None)


async def test_an_older_look_at_a_ticket_does_not_reissue_it_twice(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
        session.expunge(ticket)
        await reissue(session, services, SYSTEM, ticket)
        with pytest.raises(Conflict):
            await reissue(session, services, SYSTEM, ticket)


async def test_another_organizer_finds_no_ticket(services: Services) -> None:
    async with services.db.write() as session:
        event = await make_event(session, services)
        (ticket,) = await make_tickets(session, services, event, count=1)
        stranger = Actor(kind="user", id="usr_1", organizers={"org_other": "owner"})
        with pytest.raises(NotFound):
            await change_status(session, services, stranger, ticket, "refunded")
        with pytest.raises(NotFound):
            await reissue(session, services, stranger, ticket)
