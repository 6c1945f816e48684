"""Charge runs against the double: who is charged, declined, asked, let go, and told what."""

import pytest
from sqlalchemy import select, update
from tests.factories.preorders import stored
from tests.rooms.preorders.charge_club import (
    ASKS,
    CHARGE_TIME,
    DECLINES,
    ChargeClub,
    OpenClub,
)

from handstamp.audit.models import AuditEntry
from handstamp.kit.clock import DAY, HOUR
from handstamp.mail.models import Mail
from handstamp.mail.prepared import NoLongerWanted, Prepared
from handstamp.mail.render_mail import render_mail
from handstamp.plumbing.errors import Conflict
from handstamp.plumbing.web import SYSTEM
from handstamp.preorders.charge_run import (
    Expected,
    pause_run,
    resume_run,
    start_run,
    stop_run,
)
from handstamp.preorders.plan_run import plan
from handstamp.preorders.recover_payment import link_to_confirm, settle_recovery
from handstamp.preorders.watch_charges import start_due, sweep
from handstamp.tickets import stock
from handstamp.tickets.models import Ticket
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio


async def mail_text(club: ChargeClub, kind: str) -> str:
    async with club.services.db.read() as session:
        mail = (await session.scalars(select(Mail).where(Mail.kind == kind))).one()
    made = await render_mail(club.services, MAILS, mail)
    assert made.html
    return f"{made.subject}\n{made.text}"


@pytest.mark.parametrize("destination", [False, True])
async def test_approved_members_are_charged_once_and_get_their_ticket(
    club_of: OpenClub, destination: bool
) -> None:
    club = await club_of(destination=destination)
    for _ in range(3):
        await club.member()
    _last, waiting = await club.member()
    await club.approve(*club.wishes[:3])
    run = await club.run()
    assert await club.statuses() == ["fulfilled"] * 3 + ["not_allocated"]
    assert (run.state, run.planned, run.planned_total, run.currency) == ("done", 3, 4_050, "GBP")
    assert await club.tickets() == ["valid"] * 3
    assert [await club.mails(one) for one in club.wishes] == [["received"]] * 3 + [
        ["not_allocated"]
    ]
    assert (await stored(club.services, waiting)).payment_intent_id is None
    await club.check()
    await club.hear("shuffled")
    await club.hear()
    await club.check()
    assert await club.statuses() == ["fulfilled"] * 3 + ["not_allocated"]
    assert await club.mails(club.wishes[0]) == ["received"]
    assert await club.left_to_do() == []
    text = await mail_text(club, "preorder_not_allocated")
    assert "You were not charged" in text


async def test_the_ticket_is_in_the_mail(club_of: OpenClub) -> None:
    club = await club_of()
    _mia, wish = await club.member()
    await club.approve()
    await club.run()
    text = await mail_text(club, "preorder_received")
    assert "£13.50 was charged" in text
    async with club.services.db.read() as session:
        mail = (await session.scalars(select(Mail).where(Mail.kind == "preorder_received"))).one()
    assert mail.to_email == wish.email
    for status in ("valid", "disputed"):  # once it is won, the ticket of the mail opens the door
        async with club.services.db.write() as session:
            await session.execute(update(Ticket).values(status=status))
        made = await MAILS["preorder_received"](club.services, {"preorder": wish.id})
        assert isinstance(made, Prepared)
        assert [part.name for part in made.attachments] == [f"ticket-{wish.number}.pdf"]
        assert (await made.inline[0].make()).startswith(b"\x89PNG")
    async with club.services.db.write() as session:
        await session.execute(update(Ticket).values(status="cancelled"))
    with pytest.raises(NoLongerWanted):
        await MAILS["preorder_received"](club.services, {"preorder": wish.id})


async def test_a_declined_card_ends_and_the_next_in_line_is_charged(club_of: OpenClub) -> None:
    club = await club_of(capacity=2)
    await club.member(DECLINES)
    await club.member()
    await club.member()
    await club.member()
    refused = await club.approve()
    assert sorted(refused.values()) == ["no_stock", "no_stock"]
    await club.run()
    assert await club.statuses() == ["failed", "fulfilled", "fulfilled", "not_allocated"]
    assert [await club.mails(one) for one in club.wishes] == [
        ["failed"],
        ["received"],
        ["received"],
        ["not_allocated"],
    ]
    await club.hear("newest")
    assert (await club.statuses())[0] == "failed"
    assert await club.mails(club.wishes[0]) == ["failed"]
    text = await mail_text(club, "preorder_failed")
    assert text.startswith("Card declined – try public drop")
    assert "You were not charged" in text
    await club.check()
    async with club.services.db.read() as session:
        actions = list(await session.scalars(select(AuditEntry.action)))
    assert {"charge_run.start", "charge_run.done", "preorder.failed"} <= set(actions)


async def test_a_club_may_keep_a_declined_ticket_back(club_of: OpenClub) -> None:
    club = await club_of(capacity=1, club={"next_in_line": False})
    await club.member(DECLINES)
    await club.member()
    await club.approve()
    await club.run()
    assert await club.statuses() == ["failed", "not_allocated"]
    async with club.services.db.read() as session:
        counts = await stock.counts(session, [club.offer.event.id])
    assert all(count.taken == 0 for count in counts.values())
    await club.check()


async def test_a_banks_question_counts_as_declined_where_the_club_waits_for_nobody(
    club_of: OpenClub,
) -> None:
    club = await club_of()
    await club.member(ASKS)
    await club.approve()
    await club.run()
    assert await club.statuses() == ["failed"]
    assert (await stored(club.services, club.wishes[0])).failure_code == "authentication_required"
    assert await club.mails(club.wishes[0]) == ["failed"]


async def test_a_member_confirms_the_same_payment_at_the_bank(club_of: OpenClub) -> None:
    club = await club_of(capacity=1, club={"recovery_hours": 4})
    mia, wish = await club.member(ASKS)
    await club.approve()
    run = await club.run()
    assert await club.statuses() == ["needs_action"]
    assert run.state == "done"
    assert await club.mails(wish) == ["needs_action"]
    assert "Please confirm your payment" in await mail_text(club, "preorder_needs_action")
    await club.hear()
    assert await club.statuses() == ["needs_action"]
    link = await link_to_confirm(club.services, mia.actor, wish.id)
    assert link.startswith(club.double.url)
    assert await link_to_confirm(club.services, mia.actor, wish.id) == link
    intent = (await stored(club.services, wish)).payment_intent_id
    assert intent is not None
    await club.double.authenticate(intent)
    assert await settle_recovery(club.services, wish.id) == "fulfilled"
    await club.hear("shuffled")
    assert await club.mails(wish) == ["needs_action", "received"]
    assert len(await club.double.objects("payment_intent", account=club.account)) == 1
    with pytest.raises(Conflict, match="needs no confirmation"):
        await link_to_confirm(club.services, mia.actor, wish.id)
    await club.check()


async def test_what_is_not_confirmed_in_time_is_cancelled_and_its_ticket_free(
    club_of: OpenClub,
) -> None:
    club = await club_of(capacity=1, club={"recovery_hours": 4})
    mia, wish = await club.member(ASKS)
    await club.approve()
    await club.run()
    club.clock.advance(4 * HOUR - 1)
    await sweep(club.services)
    await club.work()
    assert await club.statuses() == ["needs_action"]
    await link_to_confirm(club.services, mia.actor, wish.id)
    club.clock.advance(1)
    with pytest.raises(Conflict, match="no longer"):
        await link_to_confirm(club.services, mia.actor, wish.id)
    await sweep(club.services)
    await club.work()
    assert await club.statuses() == ["failed"]
    [intent] = await club.double.objects("payment_intent", account=club.account)
    assert intent["status"] == "canceled"
    assert await club.mails(wish) == ["failed", "needs_action"]
    await club.check()


async def test_a_plan_says_beforehand_what_a_run_does_and_nothing_is_charged_too_early(
    club_of: OpenClub,
) -> None:
    club = await club_of(capacity=2)
    for _ in range(3):
        await club.member()
    await club.approve()
    async with club.services.db.write() as session:
        seen = await plan(session, club.offer.club, club.services.clock())
        assert (seen.count, seen.not_charged, seen.totals) == (2, 1, {"GBP": 2_700})
        assert seen.due_at == CHARGE_TIME
    club.clock.now = CHARGE_TIME - 1
    expected = Expected(seen.count, seen.totals)
    async with club.services.db.write() as session:
        with pytest.raises(Conflict) as refused:
            await start_run(session, club.services, SYSTEM, club.offer.club.id, expected)
    assert refused.value.code == "nothing_to_charge"
    club.clock.now = CHARGE_TIME
    async with club.services.db.write() as session:
        with pytest.raises(Conflict) as refused:
            stale = Expected(3, {"GBP": 4_050})
            await start_run(session, club.services, SYSTEM, club.offer.club.id, stale)
    assert refused.value.code == "plan_changed"
    await club.run()
    assert sorted(await club.statuses()) == ["fulfilled", "fulfilled", "not_allocated"]


async def test_a_paused_run_charges_nobody_more_until_it_goes_on(club_of: OpenClub) -> None:
    club = await club_of()
    for _ in range(3):
        await club.member()
    await club.approve(*club.wishes[:2])
    run = await club.start()
    again = await club.start()
    assert again.id == run.id
    async with club.services.db.write() as session:
        await pause_run(session, club.services, SYSTEM, run.id)
        await pause_run(session, club.services, SYSTEM, run.id)
    await club.work()
    await sweep(club.services)
    await club.work()
    assert await club.statuses() == ["approved", "approved", "pending"]
    await club.approve(club.wishes[2])
    async with club.services.db.write() as session:
        await resume_run(session, club.services, SYSTEM, run.id)
        await resume_run(session, club.services, SYSTEM, run.id)
    await club.work()
    assert await club.statuses() == ["fulfilled"] * 3
    assert (await club.run_now(run)).state == "done"
    async with club.services.db.write() as session:
        with pytest.raises(Conflict):
            await pause_run(session, club.services, SYSTEM, run.id)


async def test_a_run_that_is_ended_early_lets_the_rest_go(club_of: OpenClub) -> None:
    club = await club_of()
    await club.member()
    await club.approve()
    run = await club.start()
    async with club.services.db.write() as session:
        await stop_run(session, club.services, SYSTEM, run.id)
    await club.work()
    assert await club.statuses() == ["not_allocated"]
    assert await club.mails(club.wishes[0]) == ["not_allocated"]
    assert await club.charges() == {}
    await club.check()


async def test_the_clock_begins_a_run_once_a_slot_and_catches_up_the_last_missed_one(
    club_of: OpenClub,
) -> None:
    club = await club_of(club={"charge_start": "clock"})
    await club.member()
    await club.member()
    await club.approve(club.wishes[0])
    club.clock.now = CHARGE_TIME - 1
    assert await start_due(club.services) == 0
    club.clock.now = CHARGE_TIME + 2 * DAY
    await club.double.set_clock(club.clock.now // 1000)
    assert await start_due(club.services) == 1
    assert await start_due(club.services) == 0
    await club.work()
    assert await start_due(club.services) == 0
    assert await club.statuses() == ["fulfilled", "not_allocated"]


async def test_by_hand_nothing_begins_by_the_clock(club_of: OpenClub) -> None:
    club = await club_of()
    await club.member()
    await club.approve()
    club.clock.now = CHARGE_TIME + HOUR
    assert await start_due(club.services) == 0
    assert await club.statuses() == ["approved"]


async def test_prepaid_members_wait_for_their_ticket_and_get_it_when_there_is_one(
    club_of: OpenClub,
) -> None:
    club = await club_of(capacity=1, offer={"charge_mode": "prepaid"})
    await club.member(DECLINES)
    await club.member()
    assert await club.approve() == {}
    await club.run()
    assert await club.statuses() == ["failed", "fulfilled"]
    await club.check()


async def test_paid_without_a_ticket_at_the_deadline_is_refunded(club_of: OpenClub) -> None:
    club = await club_of(offer={"charge_mode": "prepaid", "declared": 1})
    await club.member()
    await club.member()
    await club.approve()
    await club.run()
    assert await club.statuses() == ["waiting_for_stock"] * 2
    assert [await club.mails(one) for one in club.wishes] == [["waiting"]] * 2
    assert "Paid: your ticket for Paper Lanterns follows" in await mail_subject_of(club, 0)
    assert "If none has come by" in await mail_text_of(club, 0, "waiting")
    await club.check()
    club.clock.now = club.offer.terms.ticket_deadline_at
    await club.double.set_clock(club.clock.now // 1000)
    await sweep(club.services)
    await sweep(club.services)
    await club.work()
    assert await club.statuses() == ["refunded"] * 2
    assert [await club.mails(one) for one in club.wishes] == [["refunded", "waiting"]] * 2
    assert "No ticket came" in await mail_text_of(club, 0)
    await club.check_books()
    await club.hear("shuffled")
    assert [await club.mails(one) for one in club.wishes] == [["refunded", "waiting"]] * 2
    assert len(await club.double.objects("refund", account=club.account)) == 2
    await club.check_books()


async def mail_text_of(club: ChargeClub, at: int, kind: str = "refunded") -> str:
    return (await render_mail(club.services, MAILS, await mail_of(club, at, kind))).text


async def mail_subject_of(club: ChargeClub, at: int, kind: str = "waiting") -> str:
    return (await render_mail(club.services, MAILS, await mail_of(club, at, kind))).subject


async def mail_of(club: ChargeClub, at: int, kind: str) -> Mail:
    async with club.services.db.read() as session:
        about = f"preorder:{club.wishes[at].id}"
        query = select(Mail).where(Mail.kind == f"preorder_{kind}", Mail.about == about)
        return (await session.scalars(query)).one()
