"""The organizer's pages in real Chromium: axe-core everywhere, and what lives by scripts."""

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx2
import pytest
from playwright.sync_api import Page, expect
from tests.e2e.portal_world import Office, evening, new_office, pair_a_phone
from tests.e2e.stage import DESKTOP, PHONE

__all__ = ["evening", "new_office"]

PAGES = (
    "",
    "/edit",
    "/tiers",
    "/tiers/new",
    "/prices",
    "/codes",
    "/codes/new",
    "/widget",
    "/lists",
    "/lists/new",
    "/lists/1",
    "/guests",
    "/guests?q=nobody+like+it",
    "/import",
    "/exports",
    "/exports/schedules",
    "/sheet",
    "/door",
    "/door/settings",
    "/devices",
    "/devices/pair",
    "/logs",
    "/conflicts",
    "/conflicts?show=all&kind=superseded",
    "/scans",
    "/scans?verdict=forged",
    "/scans/by-hand",
    "/keys",
    "/sales",
    "/orders",
    "/orders?q=nobody+like+it",
    "/orders/by-hand",
    "/disputes",
    "/cancel",
    "/postpone",
    "/duplicate",
    "/message",
)
ELSEWHERE = (
    "/tickets/events",
    "/tickets/e/nothing-like-it",
    "/tickets/organizer",
    "/tickets/organizer?q=nothing+like+it",
    "/tickets/organizer/events/new",
    "/tickets/organizer/team",
    "/tickets/organizer/audit",
    "/tickets/organizer/sales",
    "/tickets/organizer/settings",
    "/tickets/organizer/payments",
    "/tickets/organizer/payouts",
    "/tickets/organizer/new",
    "/tickets/nowhere",
)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_axe_finds_nothing_and_nothing_is_too_wide(
    new_office: Callable[[], Office], size: dict[str, int]
) -> None:
    office = new_office()
    office.page.set_viewport_size(size)  # type: ignore[arg-type]
    found: dict[str, list[str]] = {}
    for path in (*[office.base + tail for tail in PAGES], *ELSEWHERE):
        office.open(path)
        faults = office.faults()
        if faults:
            found[path] = faults
    assert found == {}


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_pages_reached_by_doing_something_are_as_clean(
    new_office: Callable[[], Office], size: dict[str, int], tmp_path: Path
) -> None:
    office = new_office()
    page = office.page
    page.set_viewport_size(size)  # type: ignore[arg-type]
    found = [_price_something(office)]
    office.open(f"{office.base}/guests").locator("tbody th a").first.click()
    found.append(office.faults())
    page.get_by_role("button", name="Refund").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    found.append(office.faults())
    page.get_by_role("button", name="Keep as it is").click()
    expect(page.get_by_role("dialog")).to_be_hidden()
    office.open(f"{office.base}/devices").get_by_role("link", name="Make void…").first.click()
    page.get_by_label("From").fill("2020-01-01T00:00")
    page.get_by_label("Reason").fill("stolen")
    page.get_by_role("button", name="Look at what changes").click()
    expect(page.get_by_role("heading", name="What changes")).to_be_visible()
    found.append(office.faults())
    office.open(f"{office.base}/keys").get_by_label("Name").fill("Turnstile")
    page.get_by_role("button", name="Make a key").click()
    expect(page.get_by_role("heading", name="Your new key")).to_be_visible()
    found.append(office.faults())
    _look_at_a_file(office, tmp_path, f"bad-{size['width']}@example")
    expect(page.get_by_role("heading", name="Rows that cannot be read")).to_be_visible()
    working = "(form) => form.dispatchEvent(new SubmitEvent('submit', {bubbles: true}))"
    page.locator("form[data-working]").evaluate(working)
    expect(page.get_by_role("progressbar", name="Importing")).to_be_visible()
    found.append(office.faults())
    office.open("/tickets/organizer/events/new").get_by_role("button", name="Create event").click()
    expect(page.get_by_text("Give the event a title.")).to_be_visible()
    found.append(office.faults())
    page.context.clear_cookies()
    office.open(office.base)
    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    found.append(office.faults())
    page.get_by_label("E-mail address").fill("ada@example.org")
    page.get_by_role("button", name="Mail me a code").click()
    expect(page.get_by_label("6-digit code")).to_be_visible()
    found.append(office.faults())
    assert found == [[]] * len(found)


def _price_something(office: Office) -> list[str]:
    page = office.open(f"/tickets/e/{office.world.event.slug}")
    found = office.faults()
    page.get_by_label("Stalls", exact=True).fill("2")
    page.get_by_label("Code", exact=True).fill("nothing")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("There is no such code for this event.")).to_be_visible()
    found += office.faults()
    page.get_by_label("Code", exact=True).fill("lantern10")
    page.get_by_role("button", name="Apply").click()
    expect(page.get_by_text("LANTERN10 takes 10% off.")).to_be_visible()
    expect(page.locator(".picker-end")).to_contain_text("CA$49.49", use_inner_text=True)
    page.get_by_role("button", name="One Stalls less").click()
    expect(page.locator(".picker-end")).not_to_contain_text("CA$49.49", use_inner_text=True)
    return [*found, *office.faults()]


def test_tickets_are_given_by_hand_and_taken_back(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.page
    page.set_viewport_size(PHONE)
    office.open(f"{office.base}/orders").get_by_role("link", name="Give or sell by hand").click()
    page.get_by_role("button", name="Issue the tickets").click()
    expect(page.get_by_text("Write for whom they are.")).to_be_visible()
    found = [office.faults()]
    page.get_by_label("For whom").fill("Zoë Müller")
    page.get_by_role("group", name="Stalls").get_by_label("Number of tickets").fill("1")
    page.get_by_role("button", name="Issue the tickets").click()
    expect(page.get_by_text("Nothing is mailed")).to_be_visible()
    found.append(office.faults())
    page.get_by_role("button", name="Take back").click()
    dialog = page.get_by_role("dialog", name="Take these tickets back?")
    expect(dialog).to_be_visible()
    found.append(office.faults())
    dialog.get_by_role("button", name="Take back").click()
    expect(page.get_by_text("Taken back.")).to_be_visible()
    assert found == [[]] * len(found)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_an_order_and_its_refund_are_as_clean(
    new_office: Callable[[], Office], size: dict[str, int]
) -> None:
    office = new_office()
    page = office.page
    page.set_viewport_size(size)  # type: ignore[arg-type]
    office.open(f"{office.base}/orders/{office.order}")
    found = [office.faults()]
    page.get_by_role("button", name="Refund").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("All that is left goes back to the card")
    found.append(office.faults())
    dialog.get_by_role("button", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.get_by_role("button", name="Copy link").click()
    expect(page.get_by_role("button", name="Copied")).to_be_visible()
    office.open(f"{office.base}/orders/{office.order}/give-back")
    expect(page.get_by_role("button", name="Look at what this does")).to_be_visible()
    found += [office.faults(), *_choose_orders(office), *_set_up_an_export(office)]
    office.open("/tickets/organizer/settings").get_by_role("textbox", name="Colour").fill("#ffee00")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("White text on this colour cannot be read")).to_be_visible()
    found.append(office.faults())
    assert found == [[]] * len(found)


def _choose_orders(office: Office) -> list[list[str]]:
    page = office.open(f"{office.base}/orders")
    page.get_by_role("checkbox", name="All on this page").check()
    found = [office.faults()]
    page.get_by_role("button", name="Refund", exact=True).click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("All that is left of each goes back")
    found.append(office.faults())
    dialog.get_by_role("link", name="Keep as it is").click()
    expect(dialog).to_be_hidden()
    with page.expect_download() as download:
        page.get_by_role("button", name="Export", exact=True).click()
    assert download.value.suggested_filename.endswith("-orders.csv")
    return found


def _set_up_an_export(office: Office) -> list[list[str]]:
    page = office.open(f"{office.base}/exports/schedules")
    page.get_by_role("button", name="Set up").click()
    expect(page.get_by_text("A mail tells where the file is each time.")).to_be_visible()
    found = [office.faults()]
    page.get_by_role("button", name="Remove").first.click()
    expect(page.get_by_role("dialog")).to_contain_text("Remove this export?")
    found.append(office.faults())
    page.get_by_role("dialog").get_by_role("button", name="Remove").click()
    expect(page.get_by_text("No more mails come.")).to_be_visible()
    return found


def test_the_administrators_pages_are_clean(new_office: Callable[..., Office]) -> None:
    office = new_office(is_admin=True)
    office.open("/tickets/admin/dead-letters")
    expect(office.page.get_by_role("heading", name="Work that gave up")).to_be_visible()
    found = [office.faults()]
    office.open("/tickets/admin/people")
    office.page.get_by_label("Their e-mail address").fill("somebody@example.org")
    found.append(office.faults())
    office.page.get_by_role("button", name="Look up").click()
    expect(office.page.get_by_role("heading", name="somebody@example.org")).to_be_visible()
    found.append(office.faults())
    office.page.get_by_role("button", name="Erase them").click()
    expect(office.page.get_by_role("dialog")).to_contain_text("This cannot be undone")
    found.append(office.faults())
    office.page.get_by_role("dialog").get_by_role("button", name="Erase them").click()
    expect(office.page.get_by_text("Nothing here names them any more")).to_be_visible()
    assert found == [[]] * len(found)


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_what_administrators_look_at_is_clean(
    new_office: Callable[..., Office], size: dict[str, int]
) -> None:
    office = new_office(is_admin=True)
    page = office.page
    page.set_viewport_size(size)  # type: ignore[arg-type]
    office.open("/tickets/admin").get_by_role("button", name="Verify the chain").click()
    expect(page.get_by_text("It says what it said when it was written")).to_be_visible()
    found = [office.faults()]
    office.open("/tickets/admin/self-test")
    expect(page.get_by_text("It cannot run here")).to_be_visible()
    found.append(office.faults())
    office.open("/tickets/admin/signals").get_by_role("textbox", name="Domain").fill("nonsense")
    page.get_by_role("button", name="Watch it").click()
    expect(page.get_by_text("Write a domain like example.org.")).to_be_visible()
    found.append(office.faults())
    event = office.world.event.id
    office.open(f"/tickets/admin/reviews/{event}").get_by_label("Reason, mailed").fill(" ")
    page.get_by_role("button", name="Hide the page").click()
    expect(page.get_by_text("Write a reason of at most")).to_be_visible()
    found.append(office.faults())
    office.open("/tickets/admin/reviews")
    expect(page.get_by_role("heading", name="Public pages")).to_be_visible()
    found.append(office.faults())
    office.open("/tickets/support/find?q=ada")
    expect(page.get_by_role("link", name="Ada Lovelace").first).to_be_visible()
    found.append(office.faults())
    office.open(f"/tickets/support/orders/{office.order}")
    expect(page.get_by_text("Tickets were held")).to_be_visible()
    found.append(office.faults())
    assert found == [[]] * len(found)


def _look_at_a_file(office: Office, folder: Path, email: str) -> None:
    path = folder / "guests.csv"
    path.write_text(f"Name,Email,Ticket type\nAda,{email},General\nBob,b@example.org,General\n")
    office.open(f"{office.base}/import").set_input_files("#file", path)
    office.page.wait_for_url("**/import/imp_*")


def test_the_keyboard_reaches_the_content_first(new_office: Callable[[], Office]) -> None:
    page = new_office().open("/tickets/organizer")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()


def test_the_code_page_notices_the_phone(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/devices/pair")
    page.get_by_label("Name of the phone").fill("East door")
    page.get_by_role("button", name="Show the code").click()
    expect(page.get_by_text("Waiting for the phone…")).to_be_visible()
    assert office.faults() == []
    code = page.locator(".pairing-code").inner_text()
    with ThreadPoolExecutor(1) as thread:
        thread.submit(pair_a_phone, office.world, code).result()
    expect(page.get_by_text("Paired. The phone is loading the guest list.")).to_be_visible()


def test_the_board_follows_the_doors_without_reload(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/door")
    page.evaluate("window.stayed = true")
    refused = page.locator(".numbers div", has_text="Refused").locator("dd")
    before = int(refused.inner_text())
    key = _new_key(new_office())
    answer = httpx2.post(
        f"{office.world.address}/api/tickets/validate",
        json={"token": "nonsense", "list": 1},
        headers={"Authorization": f"Bearer {key}"},
    )
    assert answer.status_code == 200, answer.text
    expect(refused).to_have_text(str(before + 1))
    assert page.evaluate("window.stayed")


def _new_key(office: Office) -> str:
    page = office.open(f"{office.base}/keys")
    page.get_by_label("Name").fill("Board test")
    page.get_by_role("button", name="Make a key").click()
    return page.locator("#fresh-key").inner_text()


def test_a_conflict_names_both_doors(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/conflicts?show=all")
    card = page.get_by_role("article")
    expect(card.get_by_role("heading", name=re.compile("North door"))).to_be_visible()
    expect(card.get_by_role("heading", name=re.compile("South door"))).to_be_visible()


def test_an_end_follows_its_start_until_somebody_sets_it(
    new_office: Callable[[], Office],
) -> None:
    page = new_office().open("/tickets/organizer/events/new")
    page.get_by_label("Starts").fill("2026-12-31T21:00")
    page.get_by_label("Starts").dispatch_event("change")
    expect(page.get_by_label("Ends")).to_have_value("2027-01-01T00:00")


def test_two_typed_lines_are_saved(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/edit")
    for label in ("Summary", "Description", "Refund policy"):
        page.get_by_label(label).fill("")
        page.get_by_label(label).press_sequentially("One line.\nAnother.")
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_text("Saved.")).to_be_visible()
    office.open(f"{office.base}/edit")
    for label in ("Summary", "Description", "Refund policy"):
        expect(page.get_by_label(label)).to_have_value("One line.\nAnother.")


def test_the_printed_sheet_is_twelve_white_cards_a_page(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/sheet")
    page.emulate_media(media="print")
    for selector in (".top", ".side", ".search"):
        expect(page.locator(selector).first).to_be_hidden()
    assert _color(page, ".ticket-card svg") == "rgb(255, 255, 255)"
    box = page.locator(".ticket-card svg").first.bounding_box()
    assert box
    assert box["width"] == pytest.approx(48 / 25.4 * 96, abs=1)


def _color(page: Page, selector: str) -> str:
    script = "(found) => getComputedStyle(found).backgroundColor"
    return str(page.locator(selector).first.evaluate(script))


def test_sales_on_paper_say_of_which_event_they_are(new_office: Callable[[], Office]) -> None:
    office = new_office()
    page = office.open(f"{office.base}/sales")
    named = page.locator(".on-paper")
    expect(named).to_be_hidden()
    page.emulate_media(media="print")
    expect(named).to_contain_text(office.world.event.title)
    expect(named).to_be_visible()
    expect(page.get_by_role("navigation", name="This event")).to_be_hidden()
    expect(page.get_by_role("table", name="Sales over time")).to_be_visible()
