"""A list whose event is cancelled, and offers called back: everybody concerned hears it, once."""

from collections.abc import Sequence
from typing import Any

import httpx2
import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.rooms.portal.conftest import Desk
from tests.rooms.waitlist.waiting_line import Line

from handstamp.auth.models import Organizer
from handstamp.events.publish_event import cancel_for_good, publish_event
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.mail.send_mail import JOB as SEND_MAIL
from handstamp.notices.cancel_run import CANCEL_JOB
from handstamp.plumbing.jobs import Worker, enqueue
from handstamp.plumbing.texts import speaking
from handstamp.plumbing.web import SYSTEM
from handstamp.tickets.stock import Count
from handstamp.waitlist import offer_tickets, waitlist_mails
from handstamp.waitlist.links import secret_of
from handstamp.waitlist.models import Waiting
from handstamp.waitlist.offer_tickets import SWEEP_JOB
from handstamp.worker import JOBS, MAILS

pytestmark = pytest.mark.anyio
CANCELLED, WITHDRAWN = "waitlist_cancelled", "waitlist_withdrawn"


async def desk_of(line: Line, http: httpx2.AsyncClient) -> Desk:
    """Return the browser of somebody who runs the event."""
    async with line.services.db.read() as session:
        organizer = await session.get_one(Organizer, line.event.organizer_id)
    boss = await make_person(line.services, "boss@example.org", organizer=organizer)
    return Desk(http, boss)


async def work(line: Line, *again: str) -> None:
    """Run the jobs that are ready, after queueing some of them once more."""
    async with line.services.db.write() as session:
        for kind in again:
            await enqueue(session, kind, {"event": line.event.id})
    kinds = {kind: handler for kind, handler in JOBS.items() if kind != SEND_MAIL}
    await Worker(line.services, kinds).drain()


async def mails(line: Line, kind: str) -> list[Mail]:
    """Return the mails of a kind, by address."""
    async with line.services.db.read() as session:
        query = select(Mail).where(Mail.kind == kind).order_by(Mail.to_email)
        return list(await session.scalars(query))


async def told(line: Line, kind: str) -> list[str]:
    """Return who gets mails of a kind."""
    return [mail.to_email.partition("@")[0] for mail in await mails(line, kind)]


async def read(line: Line, kind: str, at: int = 0) -> Rendered:
    """Return a mail of a kind as it is sent."""
    return await render_mail(line.services, MAILS, (await mails(line, kind))[at])


async def offered(line: Line, *names: str) -> list[Waiting]:
    """Return people to whom what came back is offered, as many as there are tickets."""
    people = [await line.join(name) for name in names]
    await line.free()
    assert await line.run() == len(names)
    return people


async def test_everybody_who_waits_or_has_an_offer_hears_once_that_the_event_is_off(
    client: httpx2.AsyncClient, line: Line
) -> None:
    desk = await desk_of(line, client)
    ann, bob = await offered(line, "ann", "bob")
    with speaking("fr"):
        cyn = await line.join("cyn")
    gone = await line.join("gone")
    await line.ask(email="dan@example.org")  # has not confirmed, so does not wait
    page = f"/tickets/organizer/events/{line.event.id}"
    await desk.post(f"{page}/waiting-list/{gone.id}", {"do": "remove"}, on=f"{page}/waiting-list")
    order = (await line.take(bob)).order
    await desk.get(f"{page}/cancel")
    assert "3 people on the waiting list are told" in desk.text
    assert await told(line, CANCELLED) == []
    await desk.post(f"{page}/cancel", {"typed": line.event.title})
    await work(line)
    assert (await line.find(order)).status == "cancelled"
    people = [ann, bob, cyn, gone]
    assert await line.statuses(people) == ["cancelled"] * 3 + ["removed"]
    assert {offer.status for offer in await line.offers()} == {"withdrawn"}
    assert await line.taken() == Count()
    await work(line, CANCEL_JOB, SWEEP_JOB, CANCEL_JOB)
    assert await told(line, CANCELLED) == ["ann", "bob", "cyn"]
    assert await told(line, WITHDRAWN) == []
    mail = await read(line, CANCELLED)
    assert mail.subject == f"Cancelled: {line.event.title}"
    for body in (mail.text, mail.html):
        assert "does not take place" in body
        assert "No money was taken for it, and there is nothing you need to do." in body
    assert "Aucun montant n’a été prélevé" in (await read(line, CANCELLED, 2)).text
    place = await client.get(
        f"/tickets/waiting/{ann.id}?key={secret_of(line.services.settings, ann)}",
        follow_redirects=True,
    )
    assert "It was cancelled, so there is nothing to wait for any more." in place.text
    await desk.get(f"{page}/waiting-list?status=cancelled")
    assert desk.text.count("Event cancelled") == 4  # a row each, and the choice of the search


async def test_who_waits_hears_it_though_the_process_dies_between_two_mails(
    line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = [await line.join(name) for name in ("ann", "bob", "cyn")]
    await line.free()
    assert await line.run() == 2
    async with line.services.db.write() as session:
        await cancel_for_good(session, line.services, SYSTEM, line.event.id)
    monkeypatch.setattr(offer_tickets, "PIECE", 1)
    queue, asked = waitlist_mails.queue_cancelled, []

    async def dies(session: Any, told: Sequence[Waiting]) -> None:
        asked.append(told)
        await queue(session, told)
        if len(asked) == 2:
            raise ConnectionError

    with monkeypatch.context() as patch:
        patch.setattr(waitlist_mails, "queue_cancelled", dies)
        with pytest.raises(ConnectionError):
            await line.run()
    assert (await line.statuses(people)).count("cancelled") == 1
    assert len(await told(line, CANCELLED)) == 1
    await work(line, SWEEP_JOB)  # the net, if the job of the cancellation never comes
    assert await line.statuses(people) == ["cancelled"] * 3
    assert await told(line, CANCELLED) == ["ann", "bob", "cyn"]
    assert await line.taken() == Count()


async def test_nobody_who_paid_for_an_offer_meanwhile_is_told_that_nothing_was_taken(
    line: Line,
) -> None:
    (ann, _bob) = await offered(line, "ann", "bob")
    order = (await line.take(ann)).order
    await line.start(order)
    await line.pay(order)  # before the cancellation; we have not heard of it
    async with line.services.db.write() as session:
        await cancel_for_good(session, line.services, SYSTEM, line.event.id)
    await line.run()
    assert await line.statuses([ann]) == ["offered"]
    assert await line.settle(order) == "paid"
    await line.run()
    assert await line.statuses([ann]) == ["bought"]
    assert await told(line, CANCELLED) == ["bob"]


async def test_an_offer_called_back_for_want_of_room_is_told_and_the_place_kept(
    client: httpx2.AsyncClient, line: Line
) -> None:
    desk = await desk_of(line, client)
    people = await offered(line, "ann", "bob")
    page = f"/tickets/organizer/events/{line.event.id}/capacity"
    for _twice in range(2):
        sent = {"capacity": "1", "seen": "1-0-0-0", "do": "declare"}
        await desk.post(f"{page}/real", sent, on=page)
    assert await line.statuses(people) == ["waiting", "waiting"]
    assert await line.taken() == Count()
    assert await told(line, WITHDRAWN) == ["ann", "bob"]
    mail = await read(line, WITHDRAWN)
    assert mail.subject == f"The offer for {line.event.title} no longer stands"
    for body in (mail.text, mail.html):
        assert "1 × General" in body
        assert "You keep your place on the waiting list." in body
    async with line.services.db.write() as session:
        await cancel_for_good(session, line.services, SYSTEM, line.event.id)
    await line.run()
    with pytest.raises(NoLongerWanted):  # the mail of the cancellation says more
        await read(line, WITHDRAWN)


async def test_who_is_taken_off_with_an_offer_is_told_and_who_only_waited_is_not(
    client: httpx2.AsyncClient, line: Line
) -> None:
    desk = await desk_of(line, client)
    ann, bob = await offered(line, "ann", "bob")
    cyn = await line.join("cyn")
    page = f"/tickets/organizer/events/{line.event.id}/waiting-list"
    for person in (ann, cyn, ann):
        await desk.post(f"{page}/{person.id}", {"do": "remove"}, on=page)
    assert "Only who had an offer is told" in desk.text
    assert await line.statuses([ann, bob, cyn]) == ["removed", "offered", "removed"]
    assert await line.taken() == Count(held=1)
    assert await told(line, WITHDRAWN) == ["ann"]
    mail = await read(line, WITHDRAWN)
    for body in (mail.text, mail.html):
        assert "You are not on the waiting list any more." in body
        assert "keep your place" not in body


async def test_offers_of_an_event_that_goes_off_sale_are_told_too(line: Line) -> None:
    people = await offered(line, "ann", "bob")
    async with line.services.db.write() as session:
        await publish_event(session, line.services, SYSTEM, line.event.id, "draft")
    await work(line, SWEEP_JOB)
    await line.run()
    assert await line.statuses(people) == ["waiting", "waiting"]
    assert await told(line, WITHDRAWN) == ["ann", "bob"]
    assert await line.taken() == Count()
