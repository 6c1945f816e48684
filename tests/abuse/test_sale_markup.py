"""Markup, line breaks and formulas in what buyers and organizers name: pages, mails, PDF, CSV."""

import csv
import io
from email.message import EmailMessage
from typing import Any

import httpx2
import pypdfium2
import pytest
from starlette.applications import Starlette
from tests.abuse.plain_words import fault
from tests.abuse.world import dump
from tests.factories.auth import Person, make_person
from tests.factories.payments import selling_settings
from tests.fixtures.jobs import run_jobs
from tests.fixtures.mail import SmtpServer
from tests.fixtures.services import PUBLIC_URL
from tests.fixtures.stripe_double import StripeDouble
from tests.rooms.orders.sale import Sale, open_sale
from tests.rooms.storefront.conftest import GRACE, Shopper

from handstamp.auth.models import Organizer, OrganizerProfile
from handstamp.events.models import Event, Tier
from handstamp.kit.clock import FakeClock
from handstamp.orders.order_access import link_for
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

pytestmark = pytest.mark.anyio

EVIL = """<script>alert(1)</script>"><img src=x onerror=alert(1)>{{7*7}}'"""
LINE = """<b>Grace</b>"'{{7*7}}<img src=x onerror=alert(1)>"""
RAW = (
    "<script>alert",
    "<img src=x",
    "<b>Grace",
    '"onerror',
    "49'",
    "&lt;b&gt;Grace&lt;/b&gt;&lt;/",
)
FORMULA = '=HYPERLINK("https://evil.example")'
HEADERS = {
    "message-id", "date", "from", "to", "subject", "reply-to", "auto-submitted", "mime-version",
    "content-type", "list-unsubscribe", "list-unsubscribe-post", "content-transfer-encoding",
    "content-language", "x-entity-ref-id", "x-auto-response-suppress", "organization",
}  # fmt: skip


@pytest.fixture
def settings(database_url: str, stripe_double: StripeDouble, smtp_server: SmtpServer) -> Settings:
    """A server that sells through the double and mails to a real server."""
    return selling_settings(database_url, stripe_double, mail_url=smtp_server.url)


@pytest.fixture
async def sale(services: Services, clock: FakeClock, stripe_double: StripeDouble) -> Sale:
    """An event whose every name is markup."""
    sale = await open_sale(services, clock, stripe_double)
    async with services.db.write() as session:
        event = await session.get_one(Event, sale.event.id)
        for name in ("title", "summary", "venue", "city", "province"):
            setattr(event, name, EVIL)
        event.description = f"{EVIL}\nBEGIN:VEVENT\r\nATTENDEE:mailto:eve@evil.example\nEND:VEVENT"
        event.refund_policy = EVIL
        (await session.get_one(Tier, sale.tiers[0].id)).name = EVIL
        (await session.get_one(Organizer, event.organizer_id)).name = EVIL
        session.add(
            OrganizerProfile(
                organizer_id=event.organizer_id,
                legal_name=EVIL,
                legal_address=f"{EVIL}\r\nBcc: eve@evil.example",
                tax_number=EVIL,
                contact_email="box@example.org",
                refund_policy=EVIL,
                updated_at=services.clock(),
            )
        )
    return sale


@pytest.fixture
async def shopper(app: Starlette) -> Shopper:
    """A buyer's browser."""
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    return Shopper(httpx2.AsyncClient(transport=transport, base_url=PUBLIC_URL))


async def bought(sale: Sale, shopper: Shopper, name: str = LINE) -> str:
    """Buy a ticket under a name; return the order's path."""
    await shopper.hold(sale, 1)
    page = shopper.path
    await shopper.post(page, {**GRACE, "name": name})
    assert shopper.left_for.startswith(sale.double.url), shopper.text
    await sale.double.pay(shopper.left_for.rpartition("/")[2])
    await shopper.get(f"{page}?back=paid")
    return page


async def owner_of(sale: Sale) -> Person:
    """Sign somebody in who runs the event."""
    async with sale.services.db.read() as session:
        organizer = await session.get_one(Organizer, sale.event.organizer_id)
    return await make_person(sale.services, "owner@example.org", organizer=organizer)


async def test_pages_of_a_sale_show_markup_and_never_obey_it(sale: Sale, shopper: Shopper) -> None:
    page = await bought(sale, shopper)
    owner, event = await owner_of(sale), sale.event
    order = page.rpartition("/")[2].partition("?")[0]
    desk = f"/tickets/organizer/events/{event.id}"
    team = event.organizer_id
    found, shown = [], 0
    for path, headers in [
        *((f"{page}{tail}", {}) for tail in ("", "/receipt", "/cancel", "?back=paid")),
        (f"/tickets/e/{event.slug}", {}),
        ("/tickets/events", {}),
        ("/tickets/events?q=%3Cscript%3E&city=%3Cscript%3E", {}),
        ("/tickets/mine", {}),
        (f"{desk}/orders", owner.headers),
        (f"{desk}/orders?q=%3Cb%3E", owner.headers),
        (f"{desk}/orders/{order}", owner.headers),
        (desk, owner.headers),
        (f"/tickets/organizer/payments/{team}", owner.headers),
        (f"/tickets/organizer/settings/{team}", owner.headers),
    ]:
        answer = await shopper.http.get(path, headers=headers)
        assert answer.status_code in (200, 303), (path, answer.status_code)
        shown += "&lt;" in answer.text
        found += [f"{path}: {raw}" for raw in RAW if raw in answer.text]
    assert not found, "\n".join(found)
    assert shown > 8


async def test_structured_data_cannot_end_its_script(sale: Sale, shopper: Shopper) -> None:
    answer = await shopper.http.get(f"/tickets/e/{sale.event.slug}")
    data = answer.text.partition('type="application/ld+json">')[2].partition("</script>")[0]
    assert data
    assert "<" not in data


async def test_mails_carry_names_as_text_and_nothing_into_headers(
    sale: Sale, shopper: Shopper, smtp_server: SmtpServer
) -> None:
    page = await bought(sale, shopper)
    await run_jobs(sale.services)
    (mail,) = smtp_server.messages
    assert smtp_server.recipients == [["grace@example.org"]]
    assert {name.lower() for name in mail} <= HEADERS
    assert "evil.example" not in "".join(str(value) for value in mail.values())
    assert all("\n" not in str(value) for value in (mail["Subject"], mail["From"], mail["To"]))
    html = body(mail, "html")
    assert [raw for raw in RAW if raw in html] == []
    assert "&lt;" in html
    assert html.count("<script") == 0
    calendar = file(mail, "text/calendar").decode()
    assert calendar.count("BEGIN:VEVENT\r\n") == 1
    assert not any(line.startswith("ATTENDEE") for line in calendar.splitlines())
    words = printed(file(mail, "application/pdf"))
    assert "<b>Grace</b>" in words
    packed = "".join(words.replace(page, "").split())
    assert "{{7*7}}" in packed
    assert [raw for raw in ("49'", "49<", '49"') if raw in packed] == []


def body(mail: EmailMessage, kind: str) -> str:
    """Return a mail's text of a kind."""
    part = mail.get_body((kind,))
    assert part is not None
    text: str = part.get_content()
    return text


def file(mail: EmailMessage, kind: str) -> bytes:
    """Return the first attached file of a kind."""
    found = [part for part in mail.walk() if part.get_content_type() == kind]
    content = found[0].get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def printed(pdf: bytes) -> str:
    """Return the words of a PDF."""
    document = pypdfium2.PdfDocument(pdf)
    words = ""
    for page in document:
        text = page.get_textpage()
        words += text.get_text_range()
        text.close()
        page.close()
    document.close()
    return words


BREAKS = (
    "Grace\r\nBcc: eve@evil.example",
    "Grace\nHopper",
    "Grace\x00",
    "Grace\u2028X",
    "x" * 5_000,
)
ADDRESSES = (
    "grace@example.org\r\nBcc: eve@evil.example",
    "grace@example.org,eve@evil.example",
    "grace@example.org eve@evil.example",
    '"Grace <eve@evil.example>" <grace@example.org>',
    "grace@example.org\x00",
    "<script>@example.org",
    "grace@[127.0.0.1]",
    "@",
    "g" * 400 + "@example.org",
)


async def test_line_breaks_go_into_no_mail(
    sale: Sale, shopper: Shopper, smtp_server: SmtpServer
) -> None:
    found: list[Any] = []
    await shopper.hold(sale, 1)
    page = shopper.path
    api = f"/api/tickets/orders/{page.rpartition('/')[2]}/checkout"
    before = await dump(sale.services)
    for member, values in (("email", ADDRESSES), ("name", BREAKS)):
        for value in values:
            answer = await shopper.http.post(
                api,
                json={"email": "grace@example.org", "name": "Grace", "terms": True, member: value},
            )
            if answer.status_code not in (400, 200) or fault(answer):
                found.append((value, answer.status_code, fault(answer)))
            if answer.status_code == 200:
                order = await sale.find(page.rpartition("/")[2])
                assert "\n" not in order.name + order.email
                assert "\r" not in order.name + order.email
                assert "@evil" not in order.email
            await shopper.get(page)
            await shopper.post(page, {**GRACE, member: value})
            assert shopper.status < 500, value
    assert not found
    assert before
    await run_jobs(sale.services)
    assert all("evil" not in str(to) for to in smtp_server.recipients)


async def test_a_buyers_formula_leaves_as_text(sale: Sale, shopper: Shopper) -> None:
    await bought(sale, shopper, FORMULA)
    owner = await owner_of(sale)
    path = f"/api/tickets/events/{sale.event.id}/guests.csv"
    answer = await shopper.http.get(path, headers=owner.headers)
    cells = [cell for row in csv.reader(io.StringIO(answer.text)) for cell in row]
    assert [cell for cell in cells if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    assert any("HYPERLINK" in cell for cell in cells)


async def test_a_mailed_link_names_our_address_whatever_the_request_says(
    sale: Sale, shopper: Shopper, smtp_server: SmtpServer
) -> None:
    shopper.http.headers["X-Forwarded-Host"] = "evil.example"
    page = await bought(sale, shopper, "Grace")
    order = await sale.find(page.rpartition("/")[2].partition("?")[0])
    assert link_for(sale.services, order).startswith(f"{PUBLIC_URL}/tickets/order/")
    sent = {"email": "grace@example.org", "next": "/tickets/mine"}
    await shopper.get("/tickets/mine")
    await shopper.post("/tickets/mine/sign-in", sent)
    await run_jobs(sale.services)
    assert len(smtp_server.messages) == 2
    for mail in smtp_server.messages:
        text = body(mail, "plain")
        assert "//evil.example" not in text
        assert PUBLIC_URL in text
