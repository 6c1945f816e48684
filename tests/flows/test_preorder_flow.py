"""A club's week in real browsers: invited, pre-ordered, approved, charged, scanned without server.

Clocks are left alone: the week that was pre-ordered in is moved two weeks back instead, so that
its Tuesday has come.
"""

import io
import re
from collections.abc import Iterator
from datetime import date, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest
import zxingcpp
from anyio.from_thread import start_blocking_portal
from PIL import Image
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select, update
from tests.e2e.stage import DESKTOP, PHONE
from tests.e2e.test_door_camera import begin_shift
from tests.flows.organizer_walk import ZONE, become_organizer, make_event, sign_in
from tests.flows.sale_world import open_sale
from tests.flows.test_purchase_flow import Stage, narrow, paired_phone

from handstamp.clubs.models import ClubEvent
from handstamp.preorders.models import PreOrder

TITLE, CLUB = "Paper Lanterns", "Moon Circle"
TIERS = {"Early entry": "25.00", "Late entry": "40.00"}
PAYS, DECLINES, ASKS = "4242 4242 4242 4242", "4000 0000 0000 0341", "4000 0027 6000 3184"
SENTENCE = "Pre-order received. We’ll charge your card at 7PM Tuesday if your ticket is confirmed."


@pytest.fixture
def stage(sqlite_url: str, tmp_path: Path, door_browser: Browser) -> Iterator[Stage]:
    """One process that serves and works, its mail server and Stripe's double."""
    opened = open_sale(
        tmp_path,
        sqlite_url,
        HANDSTAMP_OPEN_REGISTRATION="true",
        ENABLE_TICKETING_PREORDERS="true",
    )
    with (
        start_blocking_portal("asyncio") as portal,
        portal.wrap_async_context_manager(opened) as sale,
    ):
        here = Stage(sale, portal, door_browser, [])
        yield here
        for context in here.contexts:
            context.close()


def test_from_an_invitation_to_an_offline_scan(stage: Stage) -> None:
    desk = stage.page(viewport=DESKTOP)
    sign_in(desk, stage.sale.address, "ada@example.org", stage.mails)
    become_organizer(desk, stage.sale.address, "Moon Gallery")
    event_id, _slug = make_event(desk, stage.sale.address, TITLE, TIERS, days=20)
    club, link = begin_club(desk, stage.sale.address)

    members = {}
    for email, card in (("grace", PAYS), ("joan", DECLINES), ("mary", ASKS)):
        members[email] = stage.page(viewport=PHONE, has_touch=True, is_mobile=True)
        join(stage, members[email], link, f"{email}@example.org")
        pre_order(members[email], f"{email}@example.org", card)
    assert str(stage.mails("grace@example.org", "Pre-order received")[-1]["Subject"])

    stage.portal.call(let_two_weeks_pass, stage)
    approve_all(desk, stage.sale.address, event_id)
    charge(desk, club)

    declined = members["joan"]
    expect(declined.get_by_role("heading", level=1)).to_have_text("Failed – Card Declined")
    stage.mails("joan@example.org", "Card declined – try public drop")

    asked = members["mary"]
    expect(asked.get_by_role("heading", level=1)).to_have_text("Action needed")
    stage.mails("mary@example.org", "Please confirm your payment")
    asked.get_by_role("button", name="Confirm the payment").tap()
    asked.get_by_role("button", name="Confirm").click()
    expect(asked.get_by_role("heading", level=1)).to_have_text("Successful – Ticket Sent")

    served = members["grace"]
    expect(served.get_by_role("heading", level=1)).to_have_text("Successful – Ticket Sent")
    narrow(served)
    code = code_on(served)
    assert codes_in(stage.mails("grace@example.org", "Your ticket for")[-1]) == {code}

    phone = paired_phone(stage, event_id)
    begin_shift(phone)
    stage.portal.call(stage.sale.server.kill)
    seen = phone.scan(code)
    assert (seen["verdict"], seen["printedId"]) == (
        "valid",
        served.locator(".pass .mono").inner_text(),
    )
    assert phone.type(code)["verdict"] == "already_used"
    assert stage.portal.call(stage.sale.double.violations) == []


def begin_club(desk: Page, address: str) -> tuple[str, str]:
    """Begin a club, offer it the event, make a code; return the club's address and the link."""
    desk.goto(f"{address}/tickets/organizer/clubs")
    desk.get_by_role("link", name="New club").first.click()
    desk.get_by_label("Name").fill(CLUB)
    desk.get_by_label("Time zone").select_option(ZONE)
    desk.get_by_label("Discount in percent").fill("10")
    desk.get_by_label("Hours to answer a bank's question").fill("24")
    desk.get_by_role("button", name="Begin the club").click()
    desk.wait_for_url(re.compile(r"/club/club_\w+$"))
    club = desk.url
    desk.goto(f"{club}/events")
    desk.get_by_role("button", name="Go on").click()
    desk.get_by_role("button", name="Offer it").click()
    desk.get_by_text("The event is offered.").wait_for()
    desk.goto(f"{club}/invites")
    desk.get_by_role("button", name="Make a code").click()
    return club, desk.locator("#fresh-link").inner_text()


def join(stage: Stage, page: Page, link: str, email: str) -> None:
    """Open a club's link, sign in by the mail's code, and join."""
    page.goto(link)
    narrow(page)
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a link").tap()
    field = page.get_by_label("6-digit code")
    field.wait_for()
    text = stage.mails(email)[-1].get_body(("plain",))
    assert text is not None
    found = re.search(r"\b(\d{3} ?\d{3})\b", text.get_content())
    assert found
    field.fill(found[1])
    page.get_by_role("button", name="Sign in").tap()
    page.get_by_role("button", name=f"Join {CLUB}").tap()
    expect(page.get_by_role("status").first).to_contain_text(f"You are a member of {CLUB}.")


def pre_order(page: Page, email: str, card: str) -> None:
    """Choose this week's event, give a card on Stripe's page, and come back."""
    narrow(page)
    expect(page.locator(".offer")).to_contain_text("€22.50")
    page.get_by_role("button", name=f"Pre-order {TITLE}").tap()
    expect(page.locator("aside")).to_contain_text("Charged now")
    narrow(page)
    page.locator("#agreed").check()
    page.get_by_role("button", name="Pre-order – no charge now").tap()
    page.get_by_label("Email").fill(email)
    page.get_by_label("Card number").fill(card)
    page.get_by_role("button", name="Save").click()
    page.wait_for_load_state()
    if page.get_by_role("button", name="Confirm").count():
        page.get_by_role("button", name="Confirm").click()
    page.wait_for_url("**/tickets/me/pre-orders/po_*")
    expect(page.get_by_text(SENTENCE)).to_be_visible()
    narrow(page)


async def let_two_weeks_pass(stage: Stage) -> None:
    """Move what was offered and pre-ordered two weeks back."""
    async with stage.sale.services.db.write() as session:
        week = (await session.scalars(select(ClubEvent.week))).one()
        before = (date.fromisoformat(week) - timedelta(weeks=2)).isoformat()
        for table in (ClubEvent, PreOrder):
            await session.execute(update(table).values(week=before))


def approve_all(desk: Page, address: str, event_id: str) -> None:
    """Choose everybody on the page, read the sum in the dialog, and approve."""
    desk.goto(f"{address}/tickets/organizer/events/{event_id}/pre-orders")
    desk.get_by_label("All on this page").check()
    expect(desk.locator("[data-chosen]")).to_have_text("3 chosen, €67.50")
    desk.get_by_role("button", name="Approve", exact=True).click()
    dialog = desk.get_by_role("dialog", name="Approve 3 pre-orders?")
    expect(dialog).to_contain_text("Together €67.50")
    dialog.get_by_role("button", name="Approve").click()
    expect(desk.get_by_role("status").first).to_contain_text("3 are approved.")


def charge(desk: Page, club: str) -> None:
    """Look at the plan, start, and follow the run to its end."""
    desk.goto(f"{club}/charging")
    expect(desk.locator(".decide-sum")).to_have_text("€67.50")
    desk.get_by_role("button", name="Start charging").click()
    dialog = desk.get_by_role("dialog", name="Charge 3 cards, together €67.50?")
    dialog.get_by_role("button", name="Charge now").click()
    desk.get_by_text("Charging has begun.").wait_for()
    over = desk.get_by_role("link", name="Show the results").or_(
        desk.get_by_role("heading", name="Results")
    )
    over.first.wait_for()
    desk.goto(f"{club}/charging")
    row = desk.get_by_role("table", name="Charge runs, the newest first").locator("tbody tr")
    expect(row.locator("td").nth(1)).to_have_text("1")
    expect(row.locator("td").nth(2)).to_have_text("1")


def code_on(page: Page) -> str:
    """Read the QR code on a page as a camera does."""
    with Image.open(io.BytesIO(page.locator(".pass-code svg").screenshot())) as picture:
        found = zxingcpp.read_barcodes(picture)
    assert len(found) == 1
    return str(found[0].text)


def codes_in(mail: EmailMessage) -> set[str]:
    """Return what the QR pictures inside a mail say."""
    found: set[str] = set()
    for part in mail.walk():
        content = part.get_payload(decode=True)
        if part.get_content_type() == "image/png" and isinstance(content, bytes):
            with Image.open(io.BytesIO(content)) as picture:
                found |= {str(code.text) for code in zxingcpp.read_barcodes(picture)}
    return found
