"""Joining and leaving a list, and what its organizer may do with it."""

from typing import Any

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.factories.events import make_event
from tests.factories.orders import make_hold
from tests.factories.waitlist import make_waiting
from tests.rooms.waitlist.waiting_line import Line

from handstamp.kit.clock import DAY, MINUTE
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.plumbing.errors import BadInput, Conflict, NotFound, TooMany
from handstamp.plumbing.web import NOBODY, SYSTEM
from handstamp.privacy.erase_person import erase_person
from handstamp.privacy.export_person import export_person
from handstamp.tickets.stock import Count
from handstamp.waitlist import store
from handstamp.waitlist.change_list import put_in_front
from handstamp.waitlist.find_waiting import list_waiting, own_place, place_of
from handstamp.waitlist.join_list import confirm_place
from handstamp.waitlist.leave_list import leave_list, remove_from_list
from handstamp.waitlist.links import secret_of
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import offer_by_hand
from handstamp.worker import MAILS

pytestmark = [  # both databases: in the walks, the offers and the API
    pytest.mark.anyio,
    pytest.mark.parametrize("database_url", ["sqlite"], indirect=True),
]


async def unconfirmed(line: Line) -> Waiting:
    async with line.services.db.read() as session:
        return (await session.scalars(select(Waiting))).one()


async def rendered(line: Line, kind: str) -> Rendered:
    async with line.services.db.read() as session:
        query = select(Mail).where(Mail.kind == kind).order_by(Mail.created_at.desc()).limit(1)
        mail = (await session.scalars(query)).one()
    return await render_mail(line.services, MAILS, mail)


async def test_an_address_counts_once_its_link_is_confirmed(line: Line) -> None:
    joined = await line.ask(email=" Grace@Example.org ", fewer=True)
    assert (joined.waiting, joined.email) == (None, "grace@example.org")
    found = await unconfirmed(line)
    assert found.status == "unconfirmed"
    await line.free()
    assert await line.run() == 0
    await line.hold(2, "passer-by")  # nothing is kept for who has not confirmed
    key = secret_of(line.services.settings, found)
    assert key in (await rendered(line, "waitlist_link")).text
    async with line.services.db.read() as session:
        with pytest.raises(NotFound):
            await own_place(
                session, line.services.settings, found.id, actor=NOBODY, secret=key[:-1] + "x"
            )
        own = await own_place(session, line.services.settings, found.id, actor=NOBODY, secret=key)
    await confirm_place(line.services, own)
    again = await confirm_place(line.services, own)
    assert again.status == "waiting"
    assert (await line.mails()).count("waitlist_joined") == 1
    assert "Paper" in (await rendered(line, "waitlist_joined")).subject


async def test_the_answer_tells_nobody_who_waits_already(line: Line) -> None:
    await line.join("grace")
    await line.ask(email="grace@example.org")
    assert "already" in (await rendered(line, "waitlist_link")).text
    for _again in range(6):
        assert (await line.ask(email="grace@example.org")).waiting is None
    assert (await line.mails()).count("waitlist_link") == 4  # an inbox is not flooded
    with pytest.raises(TooMany):
        for place in range(40):
            await line.ask(email=f"p{place}@example.org")


@pytest.mark.parametrize(
    ("others", "problem"),
    [
        ({"tier": 1}, "on_sale"),
        ({"qty": 3}, "limit"),
        ({"qty": 0}, "limit"),
        ({"tier": None}, "on_sale"),
    ],
)
async def test_nobody_waits_for_what_can_be_bought(
    line: Line, others: dict[str, Any], problem: str
) -> None:
    person = await make_person(line.services, "grace@example.org")
    with pytest.raises((Conflict, BadInput)) as refused:
        await line.ask(person.actor, **others)
    assert refused.value.code == problem


async def test_any_ticket_is_the_first_that_comes_back(line: Line) -> None:
    await make_hold(line.services, line.event, {line.tiers[1].id: 2}, "other")
    ann = await line.join("ann", 2, tier=None)
    await line.free()
    await line.run()
    (offer,) = await line.offers()
    assert (offer.tier_id, offer.waiting_id) == (line.tiers[0].id, ann.id)
    mail = await rendered(line, "waitlist_offer")
    assert "2 × General" in mail.text
    assert "2 × General" in mail.html


async def test_leaving_gives_an_offer_to_the_next(line: Line) -> None:
    ann, bob = await line.join("ann", 2), await line.join("bob", 2)
    await line.free()
    await line.run()
    async with line.services.db.write() as session:
        await leave_list(session, line.services, ann)
    assert await line.run() == 1
    assert await line.statuses([ann, bob]) == ["left", "offered"]
    order = (await line.take(bob)).order
    async with line.services.db.write() as session:
        with pytest.raises(Conflict):  # an order holds it: that is cancelled first
            await leave_list(session, line.services, bob)
    assert (await line.find(order)).status == "pending"
    await confirm_place(line.services, await line.now(ann))
    assert await line.statuses([ann]) == ["waiting"]


async def test_the_organizer_puts_in_front_offers_by_hand_and_removes(line: Line) -> None:
    ann, bob, cyn = [await line.join(name) for name in ("ann", "bob", "cyn")]
    async with line.services.db.write() as session:
        await put_in_front(session, SYSTEM, cyn.id, front=True)
        await remove_from_list(session, line.services, SYSTEM, ann.id)
    async with line.services.db.read() as session:
        found = await list_waiting(session, SYSTEM, line.event.id)
        place = await place_of(session, await line.now(bob))
    assert [row.id for row in found.rows] == [bob.id, cyn.id]
    assert (found.places[cyn.id], place.place) == (1, 2)
    async with line.services.db.write() as session:
        with pytest.raises(Conflict):
            await offer_by_hand(session, line.services, SYSTEM, bob.id)
    await line.free()
    async with line.services.db.write() as session:
        first = await offer_by_hand(session, line.services, SYSTEM, bob.id)
        again = await offer_by_hand(session, line.services, SYSTEM, bob.id)
    assert (first.id, first.by_hand) == (again.id, True)
    assert await line.taken() == Count(held=1)


async def test_without_auto_what_is_free_goes_on_sale(line: Line) -> None:
    await line.set(auto=False)
    ann = await line.join("ann")
    await line.free()
    assert await line.run() == 0
    await line.hold(1, "passer-by")
    assert await line.statuses([ann]) == ["waiting"]


async def test_a_person_is_told_and_erased(line: Line) -> None:
    ann = await line.join("ann", 2)
    await line.free()
    await line.run()
    async with line.services.db.write() as session:
        told = await export_person(session, line.services, SYSTEM, "ann@example.org")
    assert [one["status"] for one in told["waiting_lists"]] == ["offered"]
    await erase_person(line.services, SYSTEM, "ann@example.org")
    gone = await line.now(ann)
    assert (gone.status, gone.user_id, "ann" in gone.email) == ("left", None, False)
    assert await line.taken() == Count()


async def test_lists_are_forgotten_a_month_after_the_event(line: Line) -> None:
    await line.join("ann")
    await line.ask(email="grace@example.org")
    old = {"unconfirmed": line.clock() + MINUTE, "over": line.clock(), "limit": 10}
    async with line.services.db.write() as session:
        assert await store.forget_old(session, **old) == 1
        assert await store.forget_old(session, **{**old, "over": line.event.end_at + DAY}) == 1


async def test_a_page_does_not_begin_after_somebody_of_another_list(line: Line) -> None:
    ann, bob = await line.join("ann"), await line.join("bob")
    async with line.services.db.write() as session:
        other = await make_event(session, line.services)
        stranger = await make_waiting(session, line.services, other.id, since=ann.since)
    async with line.services.db.read() as session:
        found = await list_waiting(session, SYSTEM, line.event.id, after=ann.id)
        assert [row.id for row in found.rows] == [bob.id]
        with pytest.raises(NotFound):
            await list_waiting(session, SYSTEM, line.event.id, after=stranger.id)
