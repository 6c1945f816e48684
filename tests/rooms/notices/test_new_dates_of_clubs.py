"""A new date of an event that members pre-order and others wait for: all are told, cards wait."""

from dataclasses import replace

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_club_sale
from tests.factories.orders import ADA, make_paid_order
from tests.factories.preorders import make_preorder, stored
from tests.factories.waitlist import make_list, make_waiting
from tests.fixtures.jobs import run_jobs
from tests.fixtures.services import make_settings

from handstamp.clubs.find_clubs import Offered
from handstamp.clubs.models import ClubEvent
from handstamp.events.models import Event
from handstamp.kit.clock import DAY, HOUR, FakeClock
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.notices.models import Notice
from handstamp.notices.postpone_event import PostponeLook, look_at_postponing, postpone_event
from handstamp.notices.write_message import write_message
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import BadInput
from handstamp.plumbing.web import SYSTEM, Services
from handstamp.preorders.approve_preorders import approve
from handstamp.preorders.change_preorder import cancel_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.told import page_of
from handstamp.waitlist.links import link_for
from handstamp.waitlist.models import Waiting
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio
LATER = 7 * DAY
CAN_CANCEL = "If you cannot come, cancel it on its page until Sun, 31 May 2026"


@pytest.fixture
def settings(database_url: str) -> Settings:
    """Settings of a server with pre-orders."""
    return make_settings(database_url, enable_preorders=True)


@pytest.fixture
async def offer(services: Services) -> Offered:
    """An event in three weeks that a club offers now."""
    _club, offered, _tiers = await make_club_sale(services)
    return offered


async def look(services: Services, offer: Offered, by: int) -> PostponeLook:
    """Return what moving the event by so much would do."""
    async with services.db.read() as session:
        event = await session.get_one(Event, offer.event.id)
        to = event.start_at + by
        return await look_at_postponing(
            session, event, services.clock(), start_at=to, refund_until=None
        )


async def postpone(services: Services, offer: Offered, by: int) -> int:
    """Move the event by so much; return how many are told."""
    async with services.db.write() as session:
        moved = await postpone_event(
            session, services, SYSTEM, offer.event.id,
            start_at=offer.event.start_at + by, refund_until=None, message="The band is ill.",
        )  # fmt: skip
    return moved.told


async def wait_for_it(services: Services, offer: Offered, email: str, status: str) -> Waiting:
    """Put somebody on the event's list."""
    async with services.db.write() as session:
        return await make_waiting(session, services, offer.event.id, email, status=status)


async def told(services: Services) -> dict[str, Mail]:
    """Return the mails about the new date by address, each address once."""
    await run_jobs(services)
    async with services.db.read() as session:
        query = select(Mail).where(Mail.kind == "event_postponed")
        mails = list(await session.scalars(query))
    found = {mail.to_email: mail for mail in mails}
    assert len(found) == len(mails)
    return found


async def read(services: Services, mail: Mail) -> Rendered:
    """Return a mail as it is read, the same words in both its bodies."""
    return await render_mail(services, MAILS, mail)


async def test_who_is_charged_later_is_told_with_the_way_back(
    services: Services, offer: Offered
) -> None:
    mia, pending = await make_preorder(services, offer, email="mia@example.org")
    _noa, approved = await make_preorder(services, offer, email="noa@example.org")
    _ida, gone = await make_preorder(services, offer, email="ida@example.org")
    async with services.db.write() as session:
        await approve(session, services, SYSTEM, offer.event.id, [approved.id])
        denied = update(PreOrder).where(PreOrder.id == gone.id).values(status="denied")
        await session.execute(denied)
    found = await look(services, offer, LATER)
    assert (found.told, found.preorders, found.listed, found.deadlines) == (2, 2, 0, 1)
    assert await postpone(services, offer, LATER) == 2
    mails = await told(services)
    assert set(mails) == {"mia@example.org", "noa@example.org"}
    for preorder in (pending, approved):
        mail = await read(services, mails[preorder.email])
        for body in (mail.text, mail.html):
            assert f"pre-order {preorder.number} stands for the new date" in body
            assert "Your card has not been charged." in body
            assert CAN_CANCEL in body
            assert page_of(services.settings, preorder.id) in body
            assert "member of Harry" in body
            assert "The band is ill." in body
            assert "tickets stay valid" not in body
    async with services.db.write() as session:
        await cancel_preorder(session, services, mia.actor, pending.id)
    with pytest.raises(NoLongerWanted):
        await read(services, mails["mia@example.org"])


async def test_after_the_week_they_are_told_to_write(
    services: Services, offer: Offered, clock: FakeClock
) -> None:
    await make_preorder(services, offer, email="mia@example.org")
    clock.now = offer.window.closes + HOUR
    await postpone(services, offer, LATER)
    mail = await read(services, (await told(services))["mia@example.org"])
    for body in (mail.text, mail.html):
        assert "write to the organizer before your card is charged" in body
        assert "cancel it on its page" not in body


async def test_who_waits_is_told_and_keeps_the_place(services: Services, offer: Offered) -> None:
    async with services.db.write() as session:
        await make_list(session, services, offer.event.id)
    waits = await wait_for_it(services, offer, "grace@example.net", "waiting")
    has_offer = await wait_for_it(services, offer, "olga@example.net", "offered")
    await wait_for_it(services, offer, "left@example.net", "left")
    found = await look(services, offer, LATER)
    assert (found.told, found.preorders, found.listed) == (2, 0, 2)
    await postpone(services, offer, LATER)
    mails = await told(services)
    assert set(mails) == {"grace@example.net", "olga@example.net"}
    grace = await read(services, mails["grace@example.net"])
    olga = await read(services, mails["olga@example.net"])
    for one, said, body in (
        (waits, "You keep your place on the waiting list", grace.text),
        (waits, "You keep your place on the waiting list", grace.html),
        (has_offer, "The tickets that we offered you are for the new date", olga.text),
        (has_offer, "The tickets that we offered you are for the new date", olga.html),
    ):
        assert said in body
        assert link_for(services.settings, one) in body
        assert "is on the waiting list of the event" in body
        assert "tickets stay valid" not in body


async def test_one_address_gets_one_mail_with_all_that_it_has(
    services: Services, offer: Offered
) -> None:
    buyer = replace(ADA, email="Mia@example.org")
    await make_paid_order(services, offer.event, {offer.tiers[0].id: 1}, details=buyer)
    async with services.db.write() as session:
        await make_list(session, services, offer.event.id)
    _mia, wish = await make_preorder(services, offer, email="mia@example.org")
    await wait_for_it(services, offer, "mia@example.org", "waiting")
    assert await postpone(services, offer, LATER) == 1
    (mail,) = (await told(services)).values()
    body = (await read(services, mail)).text
    assert "Your tickets stay valid for it." in body
    assert wish.number in body
    assert CAN_CANCEL in body
    assert "You keep your place on the waiting list" in body


async def test_other_words_still_go_to_holders_alone(services: Services, offer: Offered) -> None:
    await make_preorder(services, offer)
    await make_paid_order(services, offer.event, {offer.tiers[0].id: 1})
    async with services.db.write() as session:
        notice = await write_message(
            session, services, SYSTEM, offer.event.id, subject="Doors", body="At seven.", expected=1
        )
    assert notice.total == 1


async def test_the_members_deadline_moves_along(services: Services, offer: Offered) -> None:
    was = offer.terms.ticket_deadline_at
    await postpone(services, offer, LATER)
    assert await deadline(services, offer) == was + LATER
    await postpone(services, offer, LATER)  # the same again
    assert await deadline(services, offer) == was + LATER
    await postpone(services, offer, -DAY)
    assert await deadline(services, offer) == was - DAY


@pytest.mark.parametrize("early", ["event", "deadline"])
async def test_no_date_before_the_cards_are_charged(
    services: Services, offer: Offered, early: str
) -> None:
    _mia, wish = await make_preorder(services, offer)
    start = offer.event.start_at
    if early == "deadline":
        async with services.db.write() as session:
            await session.execute(
                update(ClubEvent).values(ticket_deadline_at=offer.charge_at + HOUR)
            )
        by, said = -DAY, "Set a later deadline at the club first"
    else:
        by, said = offer.charge_at - start, "or take the event back from that club first"
    before = await deadline(services, offer)
    for attempt in (look, postpone):
        with pytest.raises(BadInput) as refused:
            await attempt(services, offer, by)
        assert refused.value.errors[0]["field"] == "start_at"
        assert said in str(refused.value.errors[0]["message"])
        assert offer.club.name in str(refused.value.errors[0]["message"])
    async with services.db.read() as session:
        assert (await session.get_one(Event, offer.event.id)).start_at == start
        assert (await session.scalars(select(Notice))).all() == []
    assert await deadline(services, offer) == before
    assert (await stored(services, wish)).status == "pending"


async def deadline(services: Services, offer: Offered) -> int:
    """Return the members' deadline for tickets."""
    async with services.db.read() as session:
        return (
            await session.get_one(ClubEvent, (offer.club.id, offer.event.id))
        ).ticket_deadline_at
