"""The demo's mails: read on a page, seen as sent, their files opened; nowhere but in the demo."""

import httpx2
import pypdfium2
import pytest
import zxingcpp
from tests.factories.papers import make_paid_order
from tests.fixtures.services import make_settings

from handstamp.orders import order_mails
from handstamp.plumbing.config import Settings
from handstamp.plumbing.web import Services

PAGE = "/tickets/demo/mail"


@pytest.fixture
def settings(database_url: str) -> Settings:
    return make_settings(database_url, demo=True)


async def sent(services: Services) -> str:
    async with services.db.write() as session:
        order = await make_paid_order(session, services, names=["<b>Ada</b>"])
        return await order_mails.queue_confirmation(session, order)


async def test_a_mail_is_listed_with_its_files(
    services: Services, client: httpx2.AsyncClient
) -> None:
    mail = await sent(services)
    listed = (await client.get(PAGE)).text
    assert "Your ticket for Paper Lanterns" in listed
    assert f'href="{PAGE}/{mail}"' in listed
    assert f'href="{PAGE}/{mail}/0"' in listed


async def test_a_mail_is_seen_as_sent_and_can_run_nothing(
    services: Services, client: httpx2.AsyncClient
) -> None:
    shown = await client.get(f"{PAGE}/{await sent(services)}")
    assert 'src="data:image/png;base64,' in shown.text
    assert "cid:" not in shown.text
    assert "&lt;b&gt;Ada&lt;/b&gt;" in shown.text
    assert "script-src" not in shown.headers["content-security-policy"]
    assert "default-src 'none'" in shown.headers["content-security-policy"]


async def test_the_tickets_of_a_mail_open_and_scan(
    services: Services, client: httpx2.AsyncClient
) -> None:
    mail = await sent(services)
    opened = await client.get(f"{PAGE}/{mail}/0")
    assert opened.headers["content-type"] == "application/pdf"
    page = pypdfium2.PdfDocument(opened.content)[0]
    assert len(zxingcpp.read_barcodes(page.render(scale=3).to_pil().convert("RGB"))) == 1
    calendar = await client.get(f"{PAGE}/{mail}/1")
    assert calendar.text.startswith("BEGIN:VCALENDAR")
    assert (await client.get(f"{PAGE}/{mail}/2")).status_code == 404
    assert (await client.get(f"{PAGE}/mail_unknown")).status_code == 404


async def test_outside_the_demo_nobody_reads_a_mail(
    services: Services, client: httpx2.AsyncClient, database_url: str
) -> None:
    mail = await sent(services)
    services.settings = make_settings(database_url)
    for path in ("", f"/{mail}", f"/{mail}/0"):
        assert (await client.get(PAGE + path)).status_code == 404
