"""Tickets from elsewhere in a real browser: chosen, looked at, put right, committed, assigned."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tests.e2e.pool_world import EARLY, LATE, TITLE, Waiting, pool_server, waiting
from tests.e2e.portal_world import Office
from tests.e2e.stage import DESKTOP, PHONE
from tests.factories.pool import CODED, HEADER, pool_csv

from handstamp.auth.sessions import COOKIE

__all__ = ["pool_server", "waiting"]

SECRET = "open-sesame"
Browse = Callable[..., Office]


@pytest.fixture
def browse(page_browser: Browser, waiting: Waiting) -> Iterator[Browse]:
    """Open somebody's browser, the owner's unless told otherwise."""
    contexts: list[BrowserContext] = []

    def open_one(token: str = "", **others: Any) -> Office:
        values: dict[str, Any] = {"viewport": DESKTOP, **others}
        context = page_browser.new_context(locale="en-GB", **values)
        contexts.append(context)
        address = waiting.world.address
        context.add_cookies([{"name": COOKIE, "value": token or waiting.owner, "url": address}])
        return Office(context.new_page(), waiting.world)

    yield open_one
    for context in contexts:
        context.close()


def rows(variant: str, count: int, first: int = 0, title: str = TITLE) -> list[list[str]]:
    """Return tickets with a password that no page of an organizer may show."""
    numbers = range(first, first + count)
    return [[title, variant, f"pool{one}@example.org", f"{SECRET}-{one}"] for one in numbers]


MISTYPED = "Entri 21.30 to 22:00"
MIXED = [
    *rows(EARLY, 4),
    *rows(MISTYPED, 1, first=10),
    [TITLE, EARLY, "no address", f"{SECRET}-x"],
    *rows(EARLY, 1),
]


def choose(page: Page, content: bytes, name: str = "tickets.csv") -> None:
    """Choose a file; it is read and sent at once."""
    page.set_input_files("#file", {"name": name, "mimeType": "text/csv", "buffer": content})


def names_of(page: Page) -> Any:
    """Return the choices for names that are not known."""
    return page.locator(".fix-list select")


def number(page: Page, name: str) -> Any:
    """Return a figure of the page by its name."""
    return page.locator(".numbers div", has=page.get_by_text(name, exact=True)).locator("dd")


@pytest.mark.parametrize("viewport", [PHONE, DESKTOP], ids=["phone", "desktop"])
def test_every_step_has_no_fault(
    browse: Browse, waiting: Waiting, viewport: dict[str, int]
) -> None:
    office, found = browse(viewport=viewport), []
    page = office.open(waiting.upload)
    found += [f"empty: {fault}" for fault in office.faults_by_day_and_night()]
    choose(page, pool_csv(MIXED))
    expect(page.get_by_role("heading", name="What is in tickets.csv")).to_be_focused()
    found += [f"report: {fault}" for fault in office.faults_by_day_and_night()]
    page.get_by_role("button", name="Check again with these names").click()
    page.get_by_label("Leave out 2 rows").check()
    found += [f"put right: {fault}" for fault in office.faults_by_day_and_night()]
    page.get_by_role("button", name="Commit 5 tickets").click()
    expect(page.get_by_text("All looked at")).to_be_visible()
    found += [f"result: {fault}" for fault in office.faults_by_day_and_night()]
    for path in (waiting.upload, waiting.whole, waiting.whole + "s"):
        expect(office.open(path).get_by_role("link", name="tickets.csv")).to_be_visible()
        found += [f"{path}: {fault}" for fault in office.faults_by_day_and_night()]
    assert found == []


def test_from_a_file_with_slips_to_the_members_credential(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    choose(page, pool_csv(MIXED))
    expect(number(page, "New tickets")).to_have_text("4")
    expect(number(page, "Malformed")).to_have_text("1")
    expect(number(page, "There twice")).to_have_text("1")
    malformed = page.get_by_role("region", name="Malformed rows")
    expect(malformed.get_by_role("row").nth(1)).to_contain_text("7")
    expect(page.get_by_role("row", name=EARLY).first).to_contain_text("1 ticket left over")
    expect(page.get_by_role("row", name=LATE)).to_contain_text("1 still waits")
    choice = names_of(page)
    expect(choice).to_have_count(1)
    expect(choice.locator("option:checked")).to_have_text(LATE)
    expect(page.get_by_role("button", name=re.compile("Commit"))).to_have_count(0)
    page.get_by_role("button", name="Check again with these names").click()
    expect(page.get_by_role("row", name=LATE).first).to_contain_text("Everybody gets one")
    assert SECRET not in page.content()
    page.get_by_label("Leave out 2 rows").check()
    page.get_by_role("button", name="Commit 5 tickets").click()
    expect(page).to_have_url(re.compile("/pool/uploads/upl_"))
    expect(page.get_by_text("5 tickets are stored. 2 rows were left out.")).to_be_visible()
    expect(number(page, "Assigned")).to_have_text("4")
    expect(number(page, "Unmatched")).to_have_text("1")
    assert SECRET not in page.content()
    see_the_credential(browse(waiting.member), waiting)


def see_the_credential(office: Office, waiting: Waiting) -> None:
    """Go from the member's first page to the ticket of who paid first, and have it shown."""
    page = office.open("/tickets/me/")
    ticket = page.get_by_role("link", name="Show ticket")
    for _try in range(60):  # the pre-order is handed over by a job of its own
        if ticket.count():
            break
        page.wait_for_timeout(250)
        page.reload()
    ticket.click()
    expect(page).to_have_url(re.compile(waiting.preorder))
    assert SECRET not in page.content()
    page.get_by_role("button", name=re.compile("Show")).first.click()
    expect(page.get_by_text(f"{SECRET}-0")).to_be_visible()


def test_bad_rows_are_stored_by_nobodys_oversight(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    choose(page, pool_csv([*rows(EARLY, 2), [TITLE, EARLY, "nobody", "x"]]))
    box = page.get_by_label("Leave out 1 row")
    expect(box).not_to_be_checked()
    page.get_by_role("button", name="Commit 2 tickets").click()
    alert = page.get_by_role("alert").filter(has_text="Correct them or leave them out")
    expect(alert).to_be_visible()
    expect(page).to_have_url(waiting.world.address + waiting.upload)
    box.check()
    page.get_by_role("button", name="Commit 2 tickets").click()
    expect(page.get_by_text("2 tickets are stored. 1 row was left out.")).to_be_visible()


def test_first_rows_are_shown_while_the_file_is_on_its_way(
    browse: Browse, waiting: Waiting
) -> None:
    page = browse().open(waiting.upload)
    page.route("**/pool/upload", lambda _route: None)  # it never arrives
    quoted = [[TITLE, '"Entry, ""late"""', f"pool{one}@example.org", SECRET] for one in range(30)]
    choose(page, "\ufeff".encode() + pool_csv([*quoted[:2], ["one", "cell"], *quoted[2:]]))
    table = page.locator("[data-preview] tbody tr")
    expect(table).to_have_count(20)
    expect(table.first).to_contain_text('Entry, "late"')
    expect(table.nth(2)).to_have_text("4a row of another shape")
    expect(table.first).to_contain_text("••••••")
    expect(page.get_by_role("progressbar")).to_be_visible()
    assert SECRET not in page.content()


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be", "cp1252"])
def test_first_rows_of_other_encodings_can_be_read(
    browse: Browse, waiting: Waiting, encoding: str
) -> None:
    page = browse().open(waiting.upload)
    page.route("**/pool/upload", lambda _route: None)
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    text = pool_csv(
        [["Café Zürich", EARLY.replace("–", "-"), "a@example.org", SECRET, "C1"]], CODED
    )
    choose(page, mark + text.decode().encode(encoding))
    expect(page.locator("[data-preview] tbody tr").first).to_contain_text("Café Zürich")
    assert SECRET not in page.content()
    assert "C1" not in page.locator("[data-preview]").inner_text()


HOSTILE = {
    "other separators": (pool_csv(MIXED).replace(b",", b";"), "separated by commas"),
    "another header": (b"event,variant,email,password\n", "must be exactly"),
    "nothing": (b"", "nothing in this file"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(400), "no CSV"),
    "one byte too much": (HEADER.encode() + b"\n" * (5 * 1024 * 1024), "larger than 5 MB"),
    "a row too much": (pool_csv(rows(EARLY, 10_001)), "more than 10000 rows"),
}


def test_hostile_files_are_refused_in_plain_words(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    for name, (content, said) in HOSTILE.items():
        choose(page, content, f"{name}.csv")
        expect(page.locator("[data-wrong]"), name).to_contain_text(said)
        expect(page.locator("[data-report-form]"), name).to_have_count(0)
    choose(page, pool_csv(rows(EARLY, 1)))
    expect(page.locator("[data-wrong]")).to_be_hidden()
    expect(page.get_by_role("button", name="Commit 1 ticket")).to_be_visible()


def test_formulas_markup_and_nuls_stay_text(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    hostile = "<img src=x onerror=document.title='hurt'>"
    choose(
        page,
        pool_csv([
            *rows(EARLY, 1),
            [TITLE, hostile, "b@example.org", "=1+1"],
            ["=HYPERLINK(1)", EARLY, "c@example.org", SECRET],
            [TITLE, "nul\x00", "d@example.org", SECRET],
            HEADER.split(","),
        ]),
        "<b>bold.csv",
    )  # fmt: skip
    expect(page.get_by_role("heading", name="What is in <b>bold.csv")).to_be_visible()
    expect(number(page, "Malformed")).to_have_text("2")
    expect(page.get_by_text(f"“{hostile}”")).to_be_visible()
    expect(page.get_by_text("“=HYPERLINK(1)”")).to_be_visible()
    assert "hurt" not in page.title()


def test_names_are_put_right_step_by_step_and_stay_so(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.whole)
    odd = [*rows("Nonsense", 2, title="Harbor Nite"), *rows(EARLY, 1, first=5)]
    choose(page, pool_csv(odd))
    expect(names_of(page)).to_have_count(1)
    expect(names_of(page).locator("option:checked")).to_contain_text(TITLE)
    again = page.get_by_role("button", name="Check again with these names")
    again.click()
    expect(names_of(page)).to_have_count(2)  # the event is decided, now its variant is asked
    expect(names_of(page).first.locator("option:checked")).to_have_text("– choose –")
    names_of(page).first.select_option(label="Leave these rows out")
    again.click()
    expect(number(page, "Left out on purpose")).to_have_text("2")
    expect(names_of(page).first.locator("option:checked")).to_contain_text(TITLE)
    expect(names_of(page).nth(1).locator("option:checked")).to_have_text("Leave these rows out")
    names_of(page).nth(1).select_option(label=LATE)
    again.click()
    expect(page.get_by_role("button", name="Commit 3 tickets")).to_be_visible()


def test_the_same_file_twice_brings_nothing_new(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    for _time in range(2):
        choose(page, pool_csv(rows(EARLY, 2)))
        expect(page.get_by_role("heading", name="What is in tickets.csv")).to_be_visible()
        button = page.get_by_role("button", name="Commit 2 tickets")
        if _time:
            break
        button.click()
        expect(page.get_by_text("2 tickets are stored.")).to_be_visible()
        page.goto(waiting.world.address + waiting.upload)
    expect(number(page, "Here already")).to_have_text("2")
    expect(page.get_by_text("nothing new in this file")).to_be_visible()
    expect(button).to_have_count(0)


def test_dropping_and_the_keyboard_lead_through(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    page.evaluate(
        """(text) => {
            const moved = new DataTransfer();
            moved.items.add(new File([text], 'dropped.csv', {type: 'text/csv'}));
            const how = {dataTransfer: moved, bubbles: true, cancelable: true};
            const drop = new DragEvent('drop', how);
            document.querySelector('.drop').dispatchEvent(drop);
        }""",
        pool_csv(rows("Entry 20.00 - 20:3", 1)).decode(),
    )
    expect(page.get_by_role("heading", name="What is in dropped.csv")).to_be_focused()
    page.keyboard.press("Tab")
    expect(names_of(page)).to_be_focused()
    check = page.get_by_role("button", name="Check again with these names")
    check.focus()
    page.keyboard.press("Enter")
    commit = page.get_by_role("button", name="Commit 1 ticket")
    expect(commit).to_be_visible()
    commit.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text("1 ticket is stored.")).to_be_visible()


def test_a_server_that_is_away_is_said_and_the_file_kept(browse: Browse, waiting: Waiting) -> None:
    page = browse().open(waiting.upload)
    choose(page, pool_csv(rows(EARLY, 1)))
    commit = page.get_by_role("button", name="Commit 1 ticket")
    expect(commit).to_be_visible()
    waiting.world.kill()
    commit.click()
    expect(page.locator("[data-wrong]")).to_contain_text("cannot be reached")
    waiting.world.start()
    commit.click()
    expect(page.get_by_text("1 ticket is stored.")).to_be_visible()


def test_without_scripts_the_file_is_chosen_again(
    browse: Browse, waiting: Waiting, tmp_path: Path
) -> None:
    page = browse(java_script_enabled=False).open(waiting.upload)
    file = tmp_path / "mine.csv"
    file.write_bytes(pool_csv([*rows(EARLY, 2), *rows(MISTYPED, 1, first=9)]))
    page.set_input_files("#file", file)
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_role("heading", name="What is in mine.csv")).to_be_visible()
    page.set_input_files("#again", file)
    page.get_by_role("button", name="Check again with these names").click()
    page.set_input_files("#again", file)
    page.get_by_role("button", name="Commit 3 tickets").click()
    expect(page.get_by_text("3 tickets are stored.")).to_be_visible()
