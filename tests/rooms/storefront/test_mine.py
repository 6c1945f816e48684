"""My tickets: a mailed link to all that was bought with an address, told to nobody else."""

import re

import pytest
from sqlalchemy import select
from tests.factories.auth import make_person
from tests.fixtures.jobs import run_jobs
from tests.rooms.orders.sale import Sale
from tests.rooms.storefront.conftest import GRACE, Shopper

from handstamp.auth.login_codes import six_digits
from handstamp.auth.models import LoginCode, Member
from handstamp.kit.clock import DAY
from handstamp.mail.models import Mail
from handstamp.orders.models import Consent
from handstamp.plumbing.web import SYSTEM
from handstamp.refunds.refund_order import refund_order

pytestmark = pytest.mark.anyio


async def sign_in_mails(sale: Sale) -> list[str]:
    """Return to whom links were mailed."""
    async with sale.services.db.read() as session:
        query = select(Mail.to_email).where(Mail.kind == "sign_in").order_by(Mail.created_at)
        return list(await session.scalars(query))


async def newest_code(sale: Sale) -> str:
    """Return the digits of the newest sign-in mail."""
    async with sale.services.db.read() as session:
        newest = select(LoginCode.id).order_by(LoginCode.created_at.desc()).limit(1)
        login = await session.scalar(newest)
    assert login
    return six_digits(sale.services.settings.secret_bytes(), login)


async def ask(shopper: Shopper, email: str, on: str = "/tickets/mine") -> None:
    """Ask for a link."""
    await shopper.get(on)
    found = re.search(r'name="next" value="([^"]+)"', shopper.html)
    assert found
    await shopper.post("/tickets/mine/sign-in", {"email": email, "next": found[1]})


async def test_a_buyer_is_mailed_a_link_and_a_stranger_sees_the_same(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.buy(sale, 1)
    await ask(shopper, "grace@example.org")
    told = shopper.text.replace("grace@example.org", "…")
    sale.clock.advance(1_000)
    await ask(shopper, "mallory@example.org")
    assert shopper.text.replace("mallory@example.org", "…") == told
    assert await sign_in_mails(sale) == ["grace@example.org"]


async def test_a_held_order_makes_nobody_known(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    await shopper.post(shopper.path, {**GRACE, "email": "victim@example.org"})
    await ask(shopper, "victim@example.org")
    assert await sign_in_mails(sale) == []


async def test_the_link_lands_on_the_orders_and_makes_no_organizer(
    sale: Sale, shopper: Shopper
) -> None:
    page = await shopper.buy(sale, 2)
    await ask(shopper, "grace@example.org")
    await shopper.post("/tickets/sign-in/code", {"code": await newest_code(sale)})
    assert shopper.path == "/tickets/mine"
    assert "Coming up" in shopper.text
    assert f'href="{page}"' in shopper.html
    assert "2 tickets · €50.00" in shopper.text
    assert "Organizer" not in shopper.text.split("What", 1)[0]
    async with sale.services.db.read() as session:
        assert await session.scalar(select(Member.user_id)) is None
    await shopper.get("/tickets/organizer")
    assert 'href="/tickets/mine"' in shopper.html


async def test_an_unknown_orders_page_leads_back_to_it(sale: Sale, shopper: Shopper) -> None:
    order = await sale.buy(1)
    await ask(shopper, "ada@example.org", on=f"/tickets/order/{order.id}")
    await shopper.post("/tickets/sign-in/code", {"code": await newest_code(sale)})
    assert shopper.path == f"/tickets/order/{order.id}"
    assert "Your tickets are here" in shopper.text


async def test_asking_is_limited(sale: Sale, shopper: Shopper) -> None:
    await shopper.buy(sale, 1)
    for _time in range(5):
        await ask(shopper, "grace@example.org")
    await ask(shopper, "grace@example.org")
    assert "Too many tries." in shopper.text
    assert len(await sign_in_mails(sale)) == 5


async def test_orders_are_sorted_by_what_comes(sale: Sale, shopper: Shopper) -> None:
    await shopper.buy(sale, 1)
    await shopper.hold(sale, 3)
    pending = shopper.path
    shopper.person = await make_person(sale.services, "grace@example.org")
    await shopper.get("/tickets/mine")
    coming = shopper.text.partition("Coming up")[2]
    assert coming.index("Waiting for payment") < coming.index("Paid")
    assert "15 minutes left to pay" in coming
    assert f'href="{pending}/cancel"' in shopper.html
    await sale.advance(3 * DAY)
    await shopper.get("/tickets/mine")
    assert "Before" in shopper.text
    assert "Coming up" not in shopper.text


async def test_refunded_orders_stay_readable(sale: Sale, shopper: Shopper) -> None:
    page = await shopper.buy(sale, 1)
    await refund_order(
        sale.services, SYSTEM, page.rpartition("/")[2], reason="requested_by_customer",
        note="", origin="organizer",
    )  # fmt: skip
    await run_jobs(sale.services)
    await shopper.get(page)
    assert "This order was refunded" in shopper.text
    assert "€25.00 went back" in shopper.text


async def test_consent_is_kept_shown_and_taken_back(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, {**GRACE, "marketing": "y"})
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(page)
    shopper.person = await make_person(sale.services, "grace@example.org")
    await shopper.get("/tickets/mine")
    assert "News by mail" in shopper.text
    await shopper.post("/tickets/mine/consents", {"organizer": sale.event.organizer_id})
    assert "Done: they may not write to you" in shopper.text
    assert "News by mail" not in shopper.text
    async with sale.services.db.read() as session:
        (consent,) = await session.scalars(select(Consent))
    assert consent.withdrawn_at == sale.clock()
    assert consent.wording


async def test_signing_out_ends_the_session(sale: Sale, shopper: Shopper) -> None:
    del sale
    await shopper.get("/tickets/mine")
    await shopper.post("/tickets/mine/sign-out")
    assert "You are signed out." in shopper.text
