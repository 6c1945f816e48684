"""What an organizer does in a browser before anything can be sold, page by page."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from playwright.sync_api import Page

ZONE = "Europe/Berlin"
Mails = Callable[[str], list[EmailMessage]]


def sign_in(page: Page, address: str, email: str, mails: Mails) -> None:
    """Ask for a code, read it in the mail, and be signed in."""
    page.goto(f"{address}/tickets/sign-in")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_role("button", name="Mail me a code").click()
    code = page.get_by_label("6-digit code")
    code.wait_for()
    text = mails(email)[-1].get_body(("plain",))
    assert text is not None
    found = re.search(r"\b(\d{3} ?\d{3})\b", text.get_content())
    assert found, text
    code.fill(found[1])
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url("**/tickets/organizer**")


def become_organizer(page: Page, address: str, name: str) -> None:
    """Found a team and connect it at Stripe, on Stripe's own page."""
    page.goto(f"{address}/tickets/organizer/new")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Code").fill("MOON")
    page.locator("main form button.main").click()
    page.wait_for_load_state()
    page.goto(f"{address}/tickets/organizer/payments")
    page.get_by_role("button", name="Connect with Stripe").click()
    page.get_by_label("Name that buyers see").fill(name)
    page.get_by_role("button", name="Finish: ready to take payments").click()
    page.get_by_text("Ready to sell").wait_for()


def make_event(
    page: Page, address: str, title: str, tiers: Mapping[str, str], *, days: int = 0
) -> tuple[str, str]:
    """Make an event with tiers (name to price) and a list, tonight or `days` later.

    Returns its id and slug.
    """
    begins = datetime.now(ZoneInfo(ZONE)) + timedelta(hours=1, days=days)
    page.goto(f"{address}/tickets/organizer/events/new")
    page.get_by_label("Title").fill(title)
    page.get_by_label("Time zone").select_option(ZONE)
    page.get_by_label("Starts").fill(begins.strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Ends").fill((begins + timedelta(hours=5)).strftime("%Y-%m-%dT%H:%M"))
    page.get_by_label("Venue").fill("The Old Mill")
    page.locator("#city").fill("Berlin")
    page.get_by_label("Currency").fill("EUR")
    page.get_by_role("button", name="Create event").click()
    page.wait_for_url(re.compile(r"/events/evt_\w+$"))
    event = page.url.rpartition("/")[2]
    base = f"{address}/tickets/organizer/events/{event}"
    for name, price in tiers.items():
        page.goto(f"{base}/tiers/new")
        page.locator("#name").fill(name)
        page.get_by_label("Price in EUR").fill(price)
        page.locator("#capacity").fill("40")
        page.get_by_role("button", name="Save").click()
        page.wait_for_url("**/tiers")
    make_list(page, base, tiers)
    page.goto(base)
    page.get_by_role("button", name="Publish").click()
    link = page.get_by_role("link", name="Public page")
    link.wait_for()
    return event, str(link.get_attribute("href")).rpartition("/")[2]


def make_list(page: Page, base: str, tiers: Mapping[str, str]) -> None:
    """Make a check-in list of all tiers, unless the event came with one."""
    page.goto(f"{base}/lists/new")
    page.locator("#name").fill("Main door")
    for name in tiers:
        box = page.get_by_label(name, exact=True)
        if not box.is_checked():
            box.check()
    page.locator("main form button.main").click()
    page.wait_for_url("**/lists")
