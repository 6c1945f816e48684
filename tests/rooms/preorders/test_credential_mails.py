"""The mail that brings a ticket from elsewhere: once, only to whom it belongs, and followed."""

import asyncio
import json
from typing import Any

import httpx2
import pytest
from sqlalchemy import select, update
from tests.factories.auth import make_person
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.pool_demands import take_back
from tests.factories.pool_members import (
    Served,
    assign_and_hand_over,
    make_offer_of_pool,
    make_paid,
    make_served,
)
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import make_settings
from tests.rooms.webhooks.test_mail_events import BASIC, basic, postmark

from handstamp.audit.models import AuditEntry
from handstamp.kit.clock import SECOND
from handstamp.mail.models import Mail
from handstamp.payments.models import Payment
from handstamp.plumbing.config import Settings
from handstamp.plumbing.errors import Conflict, NotFound, TooMany
from handstamp.plumbing.models import Job
from handstamp.plumbing.web import SYSTEM, Actor, Services
from handstamp.pool import demands
from handstamp.pool.models import Assignment, AssignmentLog
from handstamp.preorders import credential_mails
from handstamp.preorders.credential_mails import queue_credentials
from handstamp.preorders.models import PreOrder, PushSubscription
from handstamp.preorders.resend_credentials import resend_credentials
from handstamp.preorders.resend_ticket import resend_ticket
from handstamp.refunds.models import Refund

pytestmark = pytest.mark.anyio
POSTMARK = "/api/tickets/webhooks/mail/postmark"


@pytest.fixture
def settings(database_url: str, smtp_server: SmtpServer) -> Settings:
    """Settings of a server that takes pre-orders, mails, and hears of Postmark."""
    return make_settings(
        database_url, enable_preorders=True, mail_url=smtp_server.url, postmark_webhook=BASIC
    )


async def mails(services: Services) -> list[Mail]:
    """Return the mails that carry a credential, the oldest first."""
    async with services.db.read() as session:
        query = select(Mail).where(Mail.kind == "pool_ticket").order_by(Mail.created_at, Mail.id)
        return list(await session.scalars(query))


async def delivery(services: Services, of: Served) -> str:
    """Return how far the mail of an assignment came."""
    async with services.db.read() as session:
        return (await session.get_one(Assignment, of.assignment.id)).delivery_status


async def acts(services: Services, start: str = "credential.") -> list[str]:
    """Return what the log says was done to credentials, in order."""
    async with services.db.read() as session:
        found = await session.scalars(select(AssignmentLog.action).order_by(AssignmentLog.id))
        return [action for action in found if action.startswith(start)]


def sent_to(smtp: SmtpServer, of: Served) -> list[Any]:
    """Return the tickets that a member was mailed."""
    return [
        message
        for message in smtp.messages
        if message["To"] == of.preorder.email and "Your ticket for" in message["Subject"]
    ]


def text_of(message: Any) -> str:
    """Return a mail's plain text."""
    return str(message.get_body(("plain",)).get_content())


async def tell(client: httpx2.AsyncClient, mail_id: str, kind: str) -> None:
    """Have Postmark say what became of a mail."""
    event = postmark(mail_id, kind, Type="HardBounce")
    answer = await client.post(POSTMARK, json=event, headers=basic(BASIC))
    assert answer.status_code == 200


async def again_now(services: Services) -> None:
    """Let every waiting job be due."""
    async with services.db.write() as session:
        await session.execute(update(Job).where(Job.state == "ready").values(run_at=0))
    await run_jobs(services)


async def test_mails_of_a_full_piece_let_the_rest_be_assigned_first(
    services: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(credential_mails, "AT_ONCE", 2)
    await make_served(services, 2)
    await make_served(services, 1)
    carry = [mail.id for mail in await mails(services)]
    async with services.db.read() as session:
        jobs = await session.scalars(select(Job).where(Job.kind == "mail.send"))
        due = {json.loads(job.args)["mail"]: job.run_at for job in jobs}
    later = services.clock() + 6 * SECOND
    assert sorted(due[mail] == later for mail in carry) == [False, True, True]


async def test_each_member_is_mailed_their_own_ticket_once(
    services: Services, smtp_server: SmtpServer
) -> None:
    people = await make_served(services, 2)
    (first, _second) = await mails(services)
    assert json.loads(first.args_json).keys() == {"assignment", "language"}, "ids, no credential"
    await run_jobs(services)
    await assign_and_hand_over(services)
    await run_jobs(services)
    for number, one in enumerate(people):
        (message,) = sent_to(smtp_server, one)
        for part in ("plain", "html"):
            body = message.get_body((part,)).get_content()
            assert f"secret-{number:06}" in body
            assert f"pool{number}@example.org" in body
            assert f"CODE-{number:06}" in body
            assert f"secret-{1 - number:06}" not in body
        pictures = [part for part in message.walk() if part.get_content_type() == "image/png"]
        assert len(pictures) == 1
        assert await delivery(services, one) == "sent"
    assert await acts(services) == ["credential.sent"] * 2
    async with services.db.read() as session:
        query = select(AuditEntry).where(AuditEntry.action == "credential.sent")
        audited = (await session.scalars(query)).all()
    assert {entry.target_id for entry in audited} == {one.ticket.id for one in people}


async def test_a_ticket_without_a_code_has_no_picture(
    services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services, coded=False)
    await run_jobs(services)
    (message,) = sent_to(smtp_server, only)
    assert "Code of the ticket" not in text_of(message)
    assert not [part for part in message.walk() if part.get_content_maintype() == "image"]


async def test_no_mail_before_there_is_a_ticket(
    services: Services, smtp_server: SmtpServer
) -> None:
    await make_paid(services, await make_offer_of_pool(services))
    await run_jobs(services)
    assert await mails(services) == []


async def taken_back(services: Services, of: Served) -> None:
    """Take the ticket back."""
    async with services.db.write() as session:
        await take_back(session, SYSTEM, of.assignment.id, "a mistake")


async def refunded(services: Services, of: Served) -> None:
    """Have the money asked back for, not yet given."""
    async with services.db.write() as session:
        preorder = await session.get_one(PreOrder, of.preorder.id)
        preorder.payment_intent_id = "pi_1"
        money = {"account": preorder.account, "amount": preorder.total, "currency": "CAD"}
        payment = Payment(
            id="pay_1", subject_kind="preorder", subject_id=preorder.id, payment_intent_id="pi_1",
            organizer_id=preorder.organizer_id, status="succeeded", charge_type="direct",
            created_at=services.clock(), **money,
        )  # fmt: skip
        session.add(payment)
        await session.flush()
        refund = Refund(
            id="re_1", payment_id="pay_1", preorder_id=preorder.id, origin="organizer",
            created_at=services.clock(), **money,
        )  # fmt: skip
        session.add(refund)


async def unpaid(services: Services, of: Served) -> None:
    """Have the pre-order be one that is not fulfilled."""
    async with services.db.write() as session:
        (await session.get_one(PreOrder, of.preorder.id)).status = "refunded"


async def closed(services: Services, of: Served) -> None:
    """Have the member want no ticket any more."""
    async with services.db.write() as session:
        await demands.close(session, of.preorder.id, "refunded")


@pytest.mark.parametrize("ended", [closed, refunded, unpaid])
async def test_a_mail_that_waits_is_dropped_when_the_ticket_goes(
    services: Services, smtp_server: SmtpServer, ended: Any
) -> None:
    (only,) = await make_served(services)
    await ended(services, only)
    await run_jobs(services)
    assert sent_to(smtp_server, only) == []
    assert (await mails(services))[0].status == "dropped"
    assert await acts(services) == []
    assert await delivery(services, only) == ""


async def test_three_tries_then_delivery_has_failed(
    services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services)
    async with services.db.write() as session:  # the pre-order's other mails are not the matter
        await session.execute(update(Mail).where(Mail.kind != "pool_ticket").values(status="sent"))
    smtp_server.next_answers = ["451 later", "451 later", "451 later"]
    for _ in range(3):
        await again_now(services)
    assert await delivery(services, only) == "delivery_failed"
    assert await acts(services) == ["credential.delivery_failed"]


async def test_a_refusal_for_good_fails_at_once(
    services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services)
    async with services.db.write() as session:
        await session.execute(update(Mail).where(Mail.kind != "pool_ticket").values(status="sent"))
    smtp_server.next_answers = ["550 no such person"]
    await run_jobs(services)
    assert await delivery(services, only) == "delivery_failed"
    assert len(smtp_server.next_answers) == 0


async def test_what_the_provider_tells_reaches_the_assignment_and_is_never_taken_back(
    client: httpx2.AsyncClient, services: Services
) -> None:
    (only,) = await make_served(services)
    (mail,) = await mails(services)
    await tell(client, mail.id, "Delivery")
    assert await delivery(services, only) == "delivered"
    await run_jobs(services)
    assert await delivery(services, only) == "delivered", "told before the sending was noted"
    assert await acts(services) == ["credential.sent"]
    await tell(client, mail.id, "Bounce")
    await tell(client, mail.id, "Delivery")
    assert await delivery(services, only) == "bounced"
    await tell(client, mail.id, "SpamComplaint")
    assert await delivery(services, only) == "complained"
    assert await acts(services) == [
        "credential.sent", "credential.bounced", "credential.complained",
    ]  # fmt: skip


async def test_sent_again_its_delivery_begins_anew(
    client: httpx2.AsyncClient, services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services)
    await run_jobs(services)
    (first,) = await mails(services)
    await tell(client, first.id, "Bounce")
    person = await make_person(services, "help@example.org")
    helper = Actor("user", person.actor.id, organizers={only.ticket.organizer_id: "support"})
    again = await resend_credentials(services, helper, only.ticket.id)
    assert again != first.id
    assert await delivery(services, only) == ""
    await tell(client, first.id, "SpamComplaint")
    assert await delivery(services, only) == "", "that was about the mail before"
    await run_jobs(services)
    assert await delivery(services, only) == "sent"
    assert len(sent_to(smtp_server, only)) == 2
    assert (await acts(services))[-2:] == ["credential.resend", "credential.sent"]


async def test_from_the_pre_order_too_it_is_sent_again_with_its_credential(
    services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services)
    await run_jobs(services)
    again = await resend_ticket(services, SYSTEM, only.preorder.id)
    await run_jobs(services)
    assert again in {mail.id for mail in await mails(services)}
    assert ["secret-000000" in text_of(one) for one in sent_to(smtp_server, only)] == [True, True]


async def test_it_is_sent_again_only_by_who_may_and_not_for_ever(services: Services) -> None:
    (only,) = await make_served(services)
    stranger = await make_person(services, "stranger@example.org")
    for actor, ticket in ((stranger.actor, only.ticket.id), (SYSTEM, "none"), (SYSTEM, "\0")):
        with pytest.raises(NotFound):
            await resend_credentials(services, actor, ticket)
    for _ in range(3):
        await resend_credentials(services, SYSTEM, only.ticket.id)
    with pytest.raises(TooMany):
        await resend_credentials(services, SYSTEM, only.ticket.id)


async def test_given_again_it_is_mailed_again_as_another_assignment(
    services: Services, smtp_server: SmtpServer
) -> None:
    (only,) = await make_served(services)
    await taken_back(services, only)
    await run_jobs(services)
    (message,) = sent_to(smtp_server, only)
    assert "secret-000000" in text_of(message)
    assert sorted(mail.status for mail in await mails(services)) == ["dropped", "sent"]


@pytest.mark.parametrize("ended", [taken_back, refunded, unpaid])
async def test_what_nobody_holds_is_not_sent(services: Services, ended: Any) -> None:
    (only,) = await make_served(services)
    await ended(services, only)
    with pytest.raises(Conflict):
        await resend_credentials(services, SYSTEM, only.ticket.id)


async def test_two_hand_overs_at_once_queue_one_mail(services: Services) -> None:
    (only,) = await make_served(services)

    async def queue() -> None:
        async with services.db.write() as session:
            query = select(Assignment).where(Assignment.id == only.assignment.id).with_for_update()
            one = (await session.scalars(query)).one()
            preorder = await session.get_one(PreOrder, only.preorder.id)
            await queue_credentials(session, [(preorder, one)])

    await asyncio.gather(queue(), queue())
    assert len(await mails(services)) == 1


async def test_the_member_s_devices_are_told(services: Services) -> None:
    offer = await make_offer_of_pool(services)
    person, _preorder = await make_paid(services, offer)
    async with services.db.write() as session:
        session.add(
            PushSubscription(
                id="push_1", user_id=person.actor.id, endpoint="https://push.example/1",
                p256dh="x", auth="x", created_at=0,
            )
        )  # fmt: skip
    await upload_rows(services, offer.event, ticket_rows(offer.event.title, 1))
    await assign_and_hand_over(services)
    async with services.db.read() as session:
        notices = (await session.scalars(select(Job).where(Job.kind == "preorders.push"))).all()
    assert len(notices) == 1
