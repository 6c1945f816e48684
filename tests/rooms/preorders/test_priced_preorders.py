"""A pre-order with fee and taxes: shown, frozen, the only amount charged, given back in parts."""

from collections.abc import Mapping
from typing import Any

import pytest
from sqlalchemy import select, update
from tests.factories.clubs import make_member
from tests.factories.events import make_tier
from tests.factories.pool import ticket_rows, upload_rows
from tests.factories.preorders import stored, wish_of
from tests.rooms.portal.conftest import Desk
from tests.rooms.preorders.charge_club import ChargeClub, OpenClub

from handstamp.auth.models import OrganizerProfile
from handstamp.clubs.find_clubs import club_event
from handstamp.clubs.offer_event import offer_event, withdraw_event
from handstamp.clubs.shapes import NewOffer
from handstamp.events.models import Event
from handstamp.events.set_prices import set_prices
from handstamp.events.shapes import PricesChange
from handstamp.ledger.balances import every_balance
from handstamp.ledger.rules import PLATFORM
from handstamp.mail.models import Mail
from handstamp.mail.render_mail import Rendered, render_mail
from handstamp.payments.models import Payment
from handstamp.plumbing.errors import BadInput, Conflict
from handstamp.plumbing.web import SYSTEM
from handstamp.preorders.change_preorder import Change, change_preorder
from handstamp.preorders.models import PreOrder
from handstamp.preorders.request_preorder import place
from handstamp.refunds.refund_preorder import refund_preorder
from handstamp.worker import MAILS

pytestmark = pytest.mark.anyio

GST, PST = {"name": "GST", "ppm": 50_000}, {"name": "PST", "ppm": 70_000}
# £15.00 less 10 %; fee 2.5 % (33.75, half up) and 50 pence; 5 % of 14.34 is 71.7, 7 % is 100.38.
NET, FEE, TAXES, TOTAL = 1_350, 84, (72, 100), 1_606


async def add(club: ChargeClub, **change: Any) -> None:
    """Have the event add something to its prices."""
    values = {
        "fee_bp": 250, "fee_fixed": 50, "fee_payer": "buyer", "tax_mode": "rates",
        "rates": [GST, PST], **change,
    }  # fmt: skip
    async with club.services.db.write() as session:
        wanted = PricesChange.model_validate(values)
        await set_prices(session, club.services, SYSTEM, club.offer.event.id, wanted)


async def books(club: ChargeClub) -> Mapping[tuple[str, str], int]:
    """Return what stands in the ledger that is not nothing, by book and account."""
    async with club.services.db.read() as session:
        return {
            (row.book, row.account): row.amount
            for row in await every_balance(session)
            if row.amount
        }


@pytest.mark.parametrize("way", ["direct", "destination", "platform"])
async def test_it_is_frozen_charged_booked_and_given_back_in_its_parts(
    club_of: OpenClub, way: str
) -> None:
    account = {"charge_account": "platform"} if way == "platform" else {}
    club = await club_of(destination=way != "direct", club=account)
    await add(club)
    _person, wish = await club.member()
    assert (wish.price, wish.discount, wish.fee, wish.tax) == (1_500, 150, FEE, sum(TAXES))
    assert wish.total == TOTAL
    assert "£16.06" in wish.mandate_text
    await add(club, fee_bp=1_000, fee_payer="organizer", tax_mode="none")
    await club.approve()
    await club.run()
    assert await club.statuses() == ["fulfilled"]
    async with club.services.db.read() as session:
        payment = (await session.scalars(select(Payment))).one()
    assert payment.amount == TOTAL
    assert payment.application_fee == (0 if way == "platform" else FEE)
    seller = PLATFORM if way == "platform" else club.account
    sold = await books(club)
    parts = ("ticket_sales", "service_fees", "tax_payable")
    assert [abs(sold[seller, part]) for part in parts] == [NET, FEE, sum(TAXES)]
    await club.check_books()
    async with club.services.db.write() as session:
        await refund_preorder(session, club.services, SYSTEM, wish.id)
    await club.work()
    await club.hear()
    assert (await stored(club.services, wish)).status == "refunded"
    left = await books(club)
    assert [left.get((seller, part), 0) for part in parts[1:]] == [0, 0]
    assert left[seller, "ticket_sales"] + left[seller, "refunds"] == 0
    assert left.get((PLATFORM, "platform_income"), 0) == 0
    await club.check_books()


async def test_the_mail_with_the_ticket_has_a_receipt_with_each_tax(club_of: OpenClub) -> None:
    club = await club_of()
    await add(club)
    await club.member()
    await club.approve()
    await club.run()
    made = await rendered(club, "preorder_received")
    for said in ("1 × General: £15.00", "Discount: −£1.50", "Fees: £0.84"):
        assert said in made.text
    for label, amount in (("GST 5%", "£0.72"), ("PST 7%", "£1.00"), ("Total", "£16.06")):
        assert f"{label}: {amount}" in made.text
        assert label in made.html
        assert amount in made.html
    assert "Sold by " in made.text


async def test_who_waits_for_a_ticket_or_has_one_from_elsewhere_has_the_receipt_too(
    club_of: OpenClub,
) -> None:
    club = await club_of(offer={"stock": "pool", "charge_mode": "prepaid"})
    await add(club)
    async with club.services.db.write() as session:
        seller = {"legal_name": "The Ink Society", "tax_number": "GST 123456789 RT0001"}
        address = "12 Water Street\nVancouver BC"
        whose = club.offer.event.organizer_id
        made_of = {**seller, "legal_address": address, "organizer_id": whose, "updated_at": 0}
        await session.merge(OrganizerProfile(**made_of))
    for _number in range(2):
        await club.member()
    title, tier = club.offer.event.title, club.offer.tiers[0].name
    await upload_rows(club.services, club.offer.event, ticket_rows(title, 1, tier))
    assert await club.approve() == {}
    await club.run()
    assert sorted(await club.statuses()) == ["fulfilled", "waiting_for_stock"]
    for kind in ("pool_ticket", "preorder_waiting"):
        made = await rendered(club, kind)
        sums = {"Fees": "£0.84", "GST 5%": "£0.72", "PST 7%": "£1.00", "Total": "£16.06"}
        assert "1 × General: £15.00" in made.text
        for label, amount in sums.items():
            assert f"{label}: {amount}" in made.text
            assert label in made.html
            assert amount in made.html
        for fact in ("Sold by The Ink Society", "12 Water Street", "GST 123456789 RT0001"):
            assert fact in made.text
            assert fact in made.html
    async with club.services.db.write() as session:
        await session.execute(update(PreOrder).values(total=0))
    for kind in ("pool_ticket", "preorder_waiting"):  # nothing was taken, so nothing is receipted
        made = await rendered(club, kind)
        assert "Receipt" not in made.text + made.html
        assert "Sold by" not in made.text + made.html


async def rendered(club: ChargeClub, kind: str) -> Rendered:
    """Return the one mail of a kind as it is sent."""
    async with club.services.db.read() as session:
        mail = (await session.scalars(select(Mail).where(Mail.kind == kind))).one()
    return await render_mail(club.services, MAILS, mail)


async def test_a_fee_that_the_organizer_bears_is_kept_back_and_not_added(
    club_of: OpenClub,
) -> None:
    club = await club_of()
    await add(club, fee_payer="organizer", tax_mode="none")
    _person, wish = await club.member()
    assert (wish.fee, wish.tax, wish.taxes_json, wish.total) == (0, 0, "[]", NET)
    await club.approve()
    await club.run()
    async with club.services.db.read() as session:
        payment = (await session.scalars(select(Payment))).one()
    assert (payment.amount, payment.application_fee) == (NET, FEE)
    await club.check_books()


async def test_the_member_sees_each_part_before_and_after(club_of: OpenClub) -> None:
    club = await club_of()
    await add(club)
    person, wish = await club.member()
    other, _membership = await make_member(club.services, club.offer.club, "nia@example.org")
    wanted = wish_of(club.offer)
    page = (
        f"/tickets/me/pre-orders/new?club={wanted.club_id}&event={wanted.event_id}"
        f"&tier={wanted.tier_id}"
    )
    shown = await Desk(club.http, other).get(page)
    placed = await Desk(club.http, person).get(f"/tickets/me/pre-orders/{wish.id}")
    for desk in (shown, placed):
        for said in ("Service fee £0.84", "GST 5% £0.72", "PST 7% £1.00", "£16.06"):
            assert said in desk.text
    told = await club.http.get(f"/api/tickets/me/pre-orders/{wish.id}", headers=person.headers)
    assert [told.json()[name] for name in ("fee", "tax", "total")] == [FEE, sum(TAXES), TOTAL]


async def test_no_tier_is_changed_for_one_whose_taxes_only_stripes_page_knows(
    club_of: OpenClub,
) -> None:
    club = await club_of()
    await add(club)
    person, wish = await club.member()
    await add(club, tax_mode="stripe")
    async with club.services.db.write() as session:
        other = await make_tier(session, club.services, club.offer.event, "Side", price_cents=2_000)
    with pytest.raises(Conflict, match="Stripe's page"):
        await change_preorder(club.services, person.actor, wish.id, Change(tier_id=other.id))
    assert (await stored(club.services, wish)).tax == sum(TAXES)


async def test_taxes_that_only_stripes_page_knows_cannot_be_pre_ordered(club_of: OpenClub) -> None:
    club = await club_of()
    await add(club, tax_mode="stripe")
    person, _membership = await make_member(club.services, club.offer.club, "mia@example.org")
    with pytest.raises(Conflict, match="Stripe's page"):
        await place(club.services, person.actor, wish_of(club.offer))
    services, ids = club.services, (club.offer.club.id, club.offer.event.id)
    async with services.db.write() as session:
        await withdraw_event(session, services, SYSTEM, *ids)
    with pytest.raises(BadInput, match="Fees and taxes"):
        async with services.db.write() as session:
            new = NewOffer(event_id=club.offer.event.id)
            await offer_event(session, services, SYSTEM, club.offer.club.id, new)
    async with services.db.read() as session:
        assert (await club_event(session, *ids)).withdrawn_at is not None
        assert (await session.get_one(Event, ids[1])).tax_mode == "stripe"
