"""The widget on a page of another origin whose policy is strict, and while we are away."""

import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, Request, Route, expect
from tests.e2e.other_site import OtherSite, other_site
from tests.e2e.portal_world import Office
from tests.e2e.stage import PHONE
from tests.e2e.widget_shop import WidgetShop, widget_shop

from handstamp.plumbing.widget_script import LATEST, integrity

SCRIPT = re.compile(r"/tickets/widget(/\d+)?\.js")
READ = "**/api/tickets/widget?*"


@pytest.fixture(scope="module")
def shop(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[WidgetShop]:
    """A shop of two events."""
    with widget_shop(sqlite_template, tmp_path_factory.mktemp("shop")) as found:
        yield found


@pytest.fixture(scope="module")
def site(shop: WidgetShop) -> Iterator[OtherSite]:
    """Somebody's website."""
    with other_site(shop.address) as found:
        yield found


class Visit:
    """A visitor's phone on the site; what the browser complains about is kept."""

    def __init__(self, page: Page, site: OtherSite, shop: WidgetShop) -> None:
        self.page, self.site, self.shop, self.said = page, site, shop, list[str]()
        page.on("console", lambda said: self.said.append(said.text))
        page.on("pageerror", lambda error: self.said.append(str(error)))

    def see(self, *tags: str) -> None:
        """Open the site with these tags on its page."""
        self.site.tags = "".join(tags)
        self.page.goto(self.site.address)

    def tag(self, whose: str, source: str = "/tickets/widget.js") -> str:
        """Return the line that an organizer copies."""
        return f'<script async src="{self.shop.address}{source}" {whose}></script>'

    def faults(self) -> list[str]:
        """Return what axe-core finds wrong, and whether the page is too wide."""
        return Office(self.page, self.shop).faults()  # type: ignore[arg-type]


@pytest.fixture
def visit(page_browser: Browser, site: OtherSite, shop: WidgetShop) -> Iterator[Visit]:
    """A visitor."""
    context = page_browser.new_context(viewport=PHONE, locale="en-CA")
    yield Visit(context.new_page(), site, shop)
    context.close()


def test_a_strict_page_shows_the_button_and_leads_to_the_shop(visit: Visit) -> None:
    visit.see(visit.tag(f'data-event="{visit.shop.event.slug}"'))
    button = visit.page.get_by_role("link", name="Buy tickets – Paper Lanterns")
    expect(button).to_be_visible()
    expect(button).to_have_css("background-color", "rgb(74, 47, 174)")
    box = button.bounding_box()
    assert box is not None
    assert box["height"] >= 44
    visit.page.keyboard.press("Tab")
    expect(button).to_be_focused()
    assert visit.said == []
    assert visit.page.context.cookies() == []
    visit.page.keyboard.press("Enter")
    visit.page.wait_for_url(f"{visit.shop.address}/tickets/e/{visit.shop.event.slug}")


def test_an_organizers_list_is_as_clean_as_the_button(visit: Visit) -> None:
    organizer = visit.shop.event.organizer_id
    visit.see(
        visit.tag(f'data-event="{visit.shop.event.slug}" data-label="Zum Kauf"'),
        visit.tag(f'data-organizer="{organizer}"'),
    )
    expect(visit.page.get_by_role("listitem").first).to_be_visible()
    expect(visit.page.get_by_role("link", name="Zum Kauf – Paper Lanterns")).to_be_visible()
    expect(visit.page.locator(".handstamp-widget")).to_have_count(2)
    assert visit.said == []
    with_axe = visit.page.context.browser
    assert with_axe is not None
    context = with_axe.new_context(viewport=PHONE, bypass_csp=True)
    looked = Visit(context.new_page(), visit.site, visit.shop)
    looked.page.goto(visit.site.address)
    expect(looked.page.get_by_role("listitem").first).to_be_visible()
    assert looked.faults() == []
    context.close()


def test_a_pinned_script_runs_and_a_changed_one_does_not(visit: Visit) -> None:
    pinned = f'data-event="{visit.shop.event.slug}" crossorigin="anonymous" integrity="{{}}"'
    path = f"/tickets/widget/{LATEST}.js"
    visit.see(visit.tag(pinned.format(integrity(LATEST)), path))
    expect(visit.page.get_by_role("link", name="Buy tickets")).to_be_visible()
    assert visit.said == []
    visit.page.route(SCRIPT, lambda route: route.fulfill(body="document.title = 'evil'"))
    visit.page.reload()
    expect(visit.page.locator("#end")).to_be_visible()
    assert visit.page.title() == "The Ink Room"
    assert "integrity" in " ".join(visit.said)


def test_a_line_in_the_head_fills_the_place_it_names(visit: Visit) -> None:
    whose = f'data-event="{visit.shop.event.slug}" data-into='
    visit.see(
        visit.tag(f'{whose}"later"'), visit.tag(f'{whose}"nowhere"'), '<div id="later"></div>'
    )
    expect(visit.page.locator("#later").get_by_role("link")).to_be_visible()
    expect(visit.page.locator(".handstamp-widget")).to_have_count(1)
    assert visit.said == []


def test_the_page_stays_as_it_is_while_we_are_away(visit: Visit) -> None:
    page, failures = visit.page, list[str]()
    page.on("pageerror", lambda error: failures.append(str(error)))
    answers: dict[str, dict[str, Any] | None] = {
        "broken": {"body": "<html>", "headers": _OPEN},
        "refused": {"status": 503, "body": "{}", "headers": _OPEN},
        "unreachable": None,
    }
    for answer in answers.values():
        page.route(READ, partial(_answer, answer=answer), times=1)
        with page.expect_event("requestfinished" if answer else "requestfailed", _is_read):
            visit.see(visit.tag(f'data-event="{visit.shop.event.slug}"'))
        expect(page.locator("#end")).to_be_visible()
        expect(page.locator(".handstamp-widget")).to_have_count(0)
    with page.expect_response(READ):
        visit.see(visit.tag('data-event="nothing-like-it"'))
    page.route(SCRIPT, lambda route: route.abort())
    visit.see(visit.tag(f'data-event="{visit.shop.event.slug}"'))
    expect(page.locator("#end")).to_be_visible()
    expect(page.locator(".handstamp-widget")).to_have_count(0)
    assert failures == []


def _answer(route: Route, answer: dict[str, Any] | None) -> None:
    if answer is None:
        route.abort()
    else:
        route.fulfill(**answer)


def _is_read(request: Request) -> bool:
    return "/api/tickets/widget" in request.url


_OPEN = {"Access-Control-Allow-Origin": "*", "Content-Type": "application/json"}


def test_a_server_that_never_answers_holds_nothing_up(visit: Visit) -> None:
    page = visit.page
    page.clock.install()
    page.route(READ, lambda _route: None)
    visit.see(visit.tag(f'data-event="{visit.shop.event.slug}"'))
    assert page.evaluate("document.readyState") == "complete"
    with page.expect_event("requestfailed"):
        page.clock.fast_forward(9_000)
    expect(page.locator(".handstamp-widget")).to_have_count(0)
