"""From a published event to the door: one walk in real browsers, the scan with the server dead."""

import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from anyio.from_thread import BlockingPortal, start_blocking_portal
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from sqlalchemy import select
from tests.e2e.door_world import DoorPhone, World, prepare
from tests.e2e.stage import DESKTOP, PHONE
from tests.e2e.test_door_camera import begin_shift
from tests.factories.checkin import make_code
from tests.flows.organizer_walk import become_organizer, make_event, sign_in
from tests.flows.sale_world import Sale, open_sale

from handstamp.events.models import Event
from handstamp.orders.models import Order
from handstamp.payments.models import Payment

TITLE = "Paper Lanterns"
TIERS = {"Floor": "25.00", "Balcony": "40.00"}
BUYER = "grace@example.org"
DECLINED, GOOD = "4000 0000 0000 0002", "4242 4242 4242 4242"
PATIENCE_MS = 60_000


@dataclass
class Stage:
    """The installation, run in a thread of its own, and the browsers before it."""

    sale: Sale
    portal: BlockingPortal
    browser: Browser
    contexts: list[BrowserContext]

    def page(self, **others: object) -> Page:
        """Open a browser with nothing in it."""
        context = self.browser.new_context(locale="en-GB", **others)  # type: ignore[arg-type]
        context.set_default_timeout(PATIENCE_MS)
        self.contexts.append(context)
        return prepare(context).new_page()

    def mails(self, to: str, kind: str = "") -> list[EmailMessage]:
        """Wait for mails to an address, with so much in their subject, and return them."""
        return self.portal.call(self.sale.mails_to, to, kind)


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path, door_browser: Browser) -> Iterator[Stage]:
    """One process that serves and works, its mail server and Stripe's double."""
    opened = open_sale(tmp_path, sqlite_url, HANDSTAMP_OPEN_REGISTRATION="true")
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(opened) as sale,
    ):
        here = Stage(sale, portal, door_browser, [])
        yield here
        for context in here.contexts:
            context.close()


def test_from_a_published_event_to_an_offline_scan(stage: Stage) -> None:
    desk = stage.page(viewport=DESKTOP)
    sign_in(desk, stage.sale.address, "ada@example.org", stage.mails)
    become_organizer(desk, stage.sale.address, "Moon Gallery")
    event_id, slug = make_event(desk, stage.sale.address, TITLE, TIERS)

    shop = stage.page(viewport=PHONE, has_touch=True, is_mobile=True)
    order_id = buy(shop, stage.sale.address, slug)
    shown = shop.locator(".pass .mono").all_inner_texts()
    assert len(shown) == 3

    codes = codes_of_the_mail(stage.mails(BUYER, TITLE)[-1], shown)
    phone = paired_phone(stage, event_id)
    begin_shift(phone)
    stage.portal.call(stage.sale.server.kill)
    seen = phone.scan(codes[0])
    assert (seen["verdict"], seen["name"]) == ("valid", "Grace Hopper")
    assert seen["printedId"] in shown
    stage.portal.call(stage.sale.start)
    phone.settle(pending=0, online=True)
    desk.goto(f"{stage.sale.address}/tickets/organizer/events/{event_id}/door")
    expect(desk.locator("dl.numbers dd").first).to_have_text("1 / 3")

    assert phone.type(codes[0])["verdict"] == "already_used"

    refund_at_stripe(stage, order_id)
    phone.until(
        "async (app, text) => (await app.door.scanText(text, 'wedge')).verdict === 'refunded'",
        codes[1],
    )
    assert phone.scan(codes[2])["verdict"] == "refunded"  # before the camera, too
    shop.reload()
    expect(shop.get_by_role("heading", level=1)).to_contain_text("refund", ignore_case=True)
    assert stage.portal.call(stage.sale.double.violations) == []


def buy(page: Page, address: str, slug: str) -> str:
    """Pick tickets of both tiers on a phone, be declined once, pay; return the order's id."""
    page.goto(f"{address}/tickets/events")
    page.get_by_role("link", name=TITLE).first.click()
    page.wait_for_url(f"**/tickets/e/{slug}**")
    for tier, times in (("Floor", 2), ("Balcony", 1)):
        for _ in range(times):
            page.get_by_role("button", name=f"One {tier} more").tap()
    expect(page.locator("[data-total]")).to_contain_text("90")
    narrow(page)
    page.get_by_role("button", name="Get tickets").tap()
    page.wait_for_url("**/tickets/order/ord_*")
    order_id = str(re.findall(r"ord_\w+", page.url)[0])
    narrow(page)
    page.get_by_label("Your name").fill("Grace Hopper")
    page.get_by_label("E-mail address").fill(BUYER)
    page.locator("#terms").check()
    page.get_by_role("button", name="Pay").tap()
    pay(page, DECLINED)
    expect(page.get_by_role("alert")).to_contain_text("declined")
    pay(page, GOOD)
    page.wait_for_url(f"**/tickets/order/{order_id}**")
    page.locator(".pass").first.wait_for()
    narrow(page)
    return order_id


def pay(page: Page, card: str) -> None:
    """Type a card on Stripe's page."""
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Pay").tap()


def narrow(page: Page) -> None:
    """Nothing of the page lies beside the screen of a small phone."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url


def codes_of_the_mail(mail: EmailMessage, printed_ids: list[str]) -> list[str]:
    """Read the PDF of the mail as a person and a camera do; return the codes, page by page."""
    files = [part for part in mail.iter_attachments() if part.get_content_type().endswith("/pdf")]
    document = pypdfium2.PdfDocument(files[0].get_payload(decode=True))
    codes, words = [], ""
    for page in document:
        text = page.get_textpage()
        words += text.get_text_range()
        text.close()
        drawn: Image.Image = page.render(scale=3).to_pil()
        codes += [found.text for found in zxingcpp.read_barcodes(drawn)]
        page.close()
    document.close()
    assert len(codes) == len(set(codes)) == 3
    assert all(code.startswith("HS") for code in codes)
    for expected in (TITLE, "Grace Hopper", "Floor", "Balcony", "Moon Gallery", *printed_ids):
        assert expected in words, f"{expected} is not on the tickets: {words}"
    assert codes_in_pictures(mail) <= set(codes)
    return codes


def codes_in_pictures(mail: EmailMessage) -> set[str]:
    """Return what the QR pictures inside the mail's text say."""
    pictures = [part for part in mail.walk() if part.get_content_type() == "image/png"]
    found: set[str] = set()
    for part in pictures:
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        with Image.open(io.BytesIO(content)) as picture:
            found |= {code.text for code in zxingcpp.read_barcodes(picture)}
    assert found
    return found


def paired_phone(stage: Stage, event_id: str) -> DoorPhone:
    """Pair a phone at the door, and let it download its list."""
    sale = stage.sale

    async def code() -> str:
        async with sale.services.db.write() as session:
            event = await session.get_one(Event, event_id)
            event.release_hours = 8_760  # the doors open in days, and this phone scans now
            return await make_code(session, sale.services, event)

    port = int(sale.address.rpartition(":")[2])
    page = stage.page(viewport=PHONE)
    phone = DoorPhone(page, World(sale.settings, port, sale.folder))
    phone.pair(stage.portal.call(code))
    return phone


def refund_at_stripe(stage: Stage, order_id: str) -> None:
    """Give the money back in Stripe's dashboard."""

    async def give() -> None:
        async with stage.sale.services.db.read() as session:
            wanted = select(Payment.payment_intent_id).join(Order, Order.id == Payment.subject_id)
            paid = (await session.execute(wanted.where(Order.id == order_id))).scalar_one()
        await stage.sale.double.refund(paid)

    stage.portal.call(give)
