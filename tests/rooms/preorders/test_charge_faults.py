"""Runs in a broken world: lost answers, too many calls, accounts that fail, money taken back."""

import pytest
from tests.factories.preorders import stored
from tests.rooms.preorders.charge_club import OpenClub

from handstamp.kit.clock import HOUR, MINUTE
from handstamp.payments.models import PaymentAccount
from handstamp.plumbing.web import SYSTEM
from handstamp.preorders import charge_preorder
from handstamp.preorders.charge_run import resume_run
from handstamp.preorders.watch_charges import sweep

pytestmark = pytest.mark.anyio


async def test_a_refund_at_stripe_voids_the_ticket_and_a_dispute_blocks_it(
    club_of: OpenClub,
) -> None:
    club = await club_of()
    await club.member()
    await club.member()
    await club.approve()
    await club.run()
    await club.hear()
    first, second = [await stored(club.services, one) for one in club.wishes]
    await club.double.refund(first.payment_intent_id or "")
    dispute = await club.double.open_dispute(second.payment_intent_id or "")
    await club.hear("newest")
    assert await club.statuses() == ["refunded", "fulfilled"]
    assert await club.tickets() == ["disputed", "refunded"]
    assert await club.mails(first) == ["received", "refunded"]
    await club.check_books()
    await club.double.close_dispute(dispute["id"], won=True)
    await club.hear()
    assert await club.tickets() == ["refunded", "valid"]
    await club.check_books()


async def test_an_account_that_takes_no_charges_halts_the_run_and_nobody_is_told_declined(
    club_of: OpenClub,
) -> None:
    club = await club_of()
    await club.member()
    await club.member()
    await club.approve()
    await club.double.onboard(club.account, "missing")
    run = await club.start()
    await club.work()
    assert await club.statuses() == ["approved", "approved"]
    assert (await club.run_now(run)).state == "paused"
    assert [await club.mails(one) for one in club.wishes] == [[], []]
    await club.double.onboard(club.account, "finish")
    async with club.services.db.write() as session:
        await resume_run(session, club.services, SYSTEM, run.id)
    await club.work()
    assert await club.statuses() == ["fulfilled", "fulfilled"]
    await club.check()


async def test_a_card_on_an_account_that_has_left_cannot_be_charged(club_of: OpenClub) -> None:
    club = await club_of()
    await club.member()
    await club.approve()
    async with club.services.db.write() as session:
        account = await session.get_one(PaymentAccount, club.offer.club.organizer_id)
        account.deauthorized_at = club.clock.now
    await club.run()
    assert await club.statuses() == ["failed"]
    assert await club.mails(club.wishes[0]) == ["failed"]


async def test_too_many_calls_are_tried_again_under_the_same_key(club_of: OpenClub) -> None:
    club = await club_of()
    await club.member()
    await club.approve()
    await club.double.fail("429", path="/v1/payment_intents", method="POST", times=3)
    await club.start()
    for _ in range(6):
        await club.work()
    assert await club.statuses() == ["fulfilled"]
    calls = await club.double.requests("/v1/payment_intents")
    assert len({call["key"] for call in calls if call["method"] == "POST"}) == 1
    await club.check()


@pytest.mark.parametrize("fault", ["drop", "500_after", "500", "drop_before", "503"])
async def test_a_lost_answer_charges_nobody_twice(club_of: OpenClub, fault: str) -> None:
    club = await club_of()
    await club.member()
    await club.approve()
    await club.double.fail(fault, path="/v1/payment_intents", method="POST", times=2)
    await club.start()
    for _ in range(5):
        await club.work()
        club.clock.advance(MINUTE)
        await club.double.advance(60)
    assert await club.statuses() == ["fulfilled"]
    await club.check()
    assert sum((await club.charges()).values()) == 1


async def test_after_a_day_a_payment_is_looked_up_and_not_sent_again_blind(
    club_of: OpenClub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        charge_preorder, "pause", lambda _tries: HOUR
    )  # else it may be over at once
    club = await club_of()
    await club.member()
    await club.approve()
    await club.double.fail("drop", path="/v1/payment_intents", method="POST", times=2)
    await club.start()
    await club.work(late=False)
    assert await club.statuses() == ["charging"]
    club.clock.advance(25 * HOUR)
    await club.double.advance(25 * 3600)
    before = await club.double.requests("/v1/payment_intents")
    await sweep(club.services)
    await club.work()
    after = (await club.double.requests("/v1/payment_intents"))[len(before) :]
    assert [call["method"] for call in after] == ["GET"]
    assert await club.statuses() == ["fulfilled"]
    await club.check()
