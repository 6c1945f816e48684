"""Who may open an order: its buyer's browser, its mailed link, its address; nobody else."""

import re
from urllib.parse import urlsplit

import httpx2
import pytest
from starlette.applications import Starlette
from tests.factories.auth import make_owner, make_person
from tests.fixtures.services import PUBLIC_URL
from tests.rooms.orders.sale import Sale
from tests.rooms.storefront.conftest import GRACE, Shopper

from handstamp.orders.order_access import link_for

pytestmark = pytest.mark.anyio
TAILS = ("", "/status", "/cancel", "/receipt", "/tickets.pdf", "/event.ics")


@pytest.fixture
async def stranger(app: Starlette) -> Shopper:
    """Another browser."""
    transport = httpx2.ASGITransport(app=app)
    return Shopper(httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL))


async def test_another_browser_is_told_nothing(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page = await shopper.buy(sale, 1)
    for tail in TAILS:
        real = await stranger.http.get(page + tail)
        made_up = await stranger.http.get(f"/tickets/order/ord_{'x' * 20}{tail}")
        assert real.status_code == made_up.status_code == 404
        assert "grace" not in real.text.lower()
        if tail:
            assert "There is nothing here" in real.text or "There is no such" in real.text
    await stranger.get(page)
    assert "This browser does not know this order." in stranger.text


async def test_another_browser_can_do_nothing(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    for tail in ("", "/cancel", "/again", "/resend"):
        await stranger.post(page + tail, GRACE, on="/tickets/mine")
        assert stranger.status == 404
    assert (await sale.find(page.rpartition("/")[2])).status == "pending"
    assert (await sale.find(page.rpartition("/")[2])).email == ""


async def test_the_mailed_link_opens_it_and_leaves_the_address_bar(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page = await shopper.buy(sale, 1)
    link = link_for(sale.services, await sale.find(page.rpartition("/")[2]))
    parts = urlsplit(link)
    await stranger.get(f"{parts.path}?{parts.query}")
    assert stranger.path == page
    assert "Your tickets are here" in stranger.text
    assert "key=" not in stranger.html
    wrong = await stranger.http.get(f"{parts.path}?key=hs_order_{'0' * 40}")
    assert wrong.status_code == 404


async def test_one_orders_link_opens_no_other(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page = await shopper.buy(sale, 1)
    link = urlsplit(link_for(sale.services, await sale.find(page.rpartition("/")[2])))
    await stranger.get(f"{link.path}?{link.query}")
    other = await sale.buy(1, "somebody else")
    await stranger.get(f"/tickets/order/{other.id}")
    assert stranger.status == 404


async def test_who_is_signed_in_with_its_address_sees_it_once_it_is_bought(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    stranger.person = await make_person(sale.services, "grace@example.org")
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, GRACE)
    await stranger.get(page)
    assert stranger.status == 404
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(page)
    await stranger.get(page)
    assert "Your tickets are here" in stranger.text
    stranger.person = await make_person(sale.services, "mallory@example.org")
    await stranger.get(page)
    assert stranger.status == 404


async def test_another_organizer_sees_nothing(
    sale: Sale, shopper: Shopper, stranger: Shopper
) -> None:
    page = await shopper.buy(sale, 1)
    stranger.person, _organizer = await make_owner(sale.services)
    await stranger.get(page)
    assert stranger.status == 404


async def test_tickets_calendar_and_receipt_are_handed_out(sale: Sale, shopper: Shopper) -> None:
    page = await shopper.buy(sale, 2)
    order = await sale.find(page.rpartition("/")[2])
    pdf = await shopper.http.get(f"{page}/tickets.pdf")
    assert pdf.content.startswith(b"%PDF")
    assert pdf.headers["content-disposition"] == f'attachment; filename="{order.number}.pdf"'
    calendar = await shopper.http.get(f"{page}/event.ics")
    assert calendar.content.startswith(b"BEGIN:VCALENDAR")
    for answer in (pdf, calendar):
        assert answer.headers["cache-control"] == "no-store"
    await shopper.get(f"{page}/receipt")
    assert f"Order {order.number}" in shopper.text
    assert "Total €50.00" in shopper.text


async def test_tickets_are_mailed_again_but_not_without_end(sale: Sale, shopper: Shopper) -> None:
    page = await shopper.buy(sale, 1)
    for _time in range(3):
        await shopper.post(f"{page}/resend", on=page)
        assert "We have mailed your tickets to grace@example.org." in shopper.text
    await shopper.post(f"{page}/resend", on=page)
    assert "Too many tries." in shopper.text
    assert (await sale.mails()).count("tickets_resent") == 3


async def test_a_paid_orders_page_stays_when_all_is_switched_off(
    sale: Sale, shopper: Shopper
) -> None:
    page = await shopper.buy(sale, 1)
    off = {"enable_ticketing": False, "enable_checkout": False}
    sale.services.settings = sale.services.settings.model_copy(update=off)
    await shopper.get(page)
    assert "Your tickets are here" in shopper.text
    assert (await shopper.http.get(f"{page}/tickets.pdf")).status_code == 200
    for closed in ("/tickets/events", f"/tickets/e/{sale.event.slug}", "/tickets/mine"):
        answer = await shopper.http.get(closed)
        assert answer.status_code == 503, closed


async def test_checkout_off_sells_nothing_new(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page = shopper.path
    off = {"enable_checkout": False}
    sale.services.settings = sale.services.settings.model_copy(update=off)
    await shopper.post(page, GRACE)
    assert (shopper.status, shopper.left_for) == (503, "")
    await shopper.get(f"/tickets/e/{sale.event.slug}")
    assert "Tickets are not sold on this page at the moment." in shopper.text


async def test_forms_need_the_token_of_their_page(sale: Sale, shopper: Shopper) -> None:
    event = f"/tickets/e/{sale.event.slug}"
    await shopper.hold(sale, 1)
    page = shopper.path
    for path in (event, page, f"{page}/cancel", f"{page}/again", "/tickets/mine/sign-in"):
        answer = await shopper.http.post(path, data={"do": "hold", **GRACE})
        assert answer.status_code == 403, path
    assert (await sale.find(page.rpartition("/")[2])).status == "pending"


async def test_pages_cannot_be_framed_and_load_nothing_foreign(
    sale: Sale, shopper: Shopper
) -> None:
    await shopper.hold(sale, 1)
    answer = await shopper.http.get(shopper.path)
    policy = answer.headers["content-security-policy"]
    assert "frame-ancestors 'none'" in policy
    assert "script-src 'self';" in policy
    form_action = re.search(r"form-action ([^;]+)", policy)
    assert form_action
    assert set(form_action[1].split()) == {
        "'self'", "https://checkout.stripe.com", sale.double.url
    }  # fmt: skip
    event = await shopper.http.get(f"/tickets/e/{sale.event.slug}")
    assert "form-action 'self';" in event.headers["content-security-policy"]


@pytest.mark.parametrize(
    "wanted", ["https://evil.example", "//evil.example", "/tickets/order/../../evil", "/\\evil"]
)
async def test_no_form_leads_to_another_site(sale: Sale, shopper: Shopper, wanted: str) -> None:
    del sale
    form = {"email": "grace@example.org", "next": wanted}
    await shopper.post("/tickets/mine/sign-in", form, on="/tickets/mine")
    assert shopper.path == "/tickets/sign-in/code"
    assert shopper.left_for == ""


async def test_hostile_names_stay_text(sale: Sale, shopper: Shopper) -> None:
    await shopper.hold(sale, 1)
    page, evil = shopper.path, "<script>alert(1)</script>"
    await shopper.post(page, {**GRACE, "name": f"{evil}\r\nBcc: all@example.org"})
    assert "one line" in shopper.text
    await shopper.post(page, {**GRACE, "name": evil})
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(page)
    assert evil not in shopper.html
    assert "&lt;script&gt;alert(1)" in shopper.html
    await shopper.get(f"{page}/receipt")
    assert evil not in shopper.html
