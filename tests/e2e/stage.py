"""A stage for the door app's screens: the real pages over a fake door, in real Chromium."""

import functools
import http.server
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect, sync_playwright

ROOT = Path(__file__).parents[2]
PWA = ROOT / "pwa"
AXE = ROOT / "node_modules" / "axe-core" / "axe.min.js"
CHROMIUM = "/usr/bin/chromium"
SHELL = "/usr/bin/chromium-headless-shell"  # the same engine without what draws a window
LIGHT = SHELL if Path(SHELL).exists() else CHROMIUM  # half the processor time of a test
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
PATIENCE_MS = 30_000  # other tests may have the machine; what comes sooner is seen sooner
expect.set_options(timeout=PATIENCE_MS)
PHONE = ViewportSize(width=360, height=740)
DESKTOP = ViewportSize(width=1280, height=800)
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:;"
    " connect-src 'self'; manifest-src 'self'; media-src 'self' blob:; base-uri 'none';"
    " form-action 'none'"
)


class Pages(http.server.SimpleHTTPRequestHandler):
    """Serves pwa/ where the real server does, but with a page whose door is a fake."""

    def translate_path(self, path: str) -> str:
        path = path.partition("?")[0]
        if path == "/fake_app.js":
            return str(Path(__file__).with_name("fake_app.js"))
        return str(PWA / path.removeprefix("/tickets/checkin/"))

    def do_GET(self) -> None:
        if self.path.partition("?")[0] != "/tickets/checkin/":
            super().do_GET()
            return
        page = (PWA / "index.html").read_text().replace('"src/main.js"', '"/fake_app.js"').encode()
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.end_headers()
        self.wfile.write(page)

    def end_headers(self) -> None:
        self.send_header("Content-Security-Policy", POLICY)
        self.send_header("Cache-Control", "no-store")
        super().end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Say nothing: the test says what went wrong."""


@dataclass
class Stage:
    """One browser and one address; every page of it fails the test on a console error."""

    browser: Browser
    address: str
    errors: list[str] = field(default_factory=list)

    def open(self, *, size: ViewportSize = PHONE, reduced: bool = True, **query: str) -> Page:
        """Open the app as a phone would; `query` becomes the address's search part."""
        context = self.browser.new_context(
            viewport=size,
            reduced_motion="reduce" if reduced else "no-preference",
            timezone_id="Europe/Berlin",
            locale="en-GB",
            bypass_csp=False,
        )
        page = context.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on(
            "console",
            lambda said: self.errors.append(said.text) if said.type == "error" else None,
        )
        search = "&".join(f"{name}={value}" for name, value in query.items())
        page.goto(f"{self.address}/tickets/checkin/?{search}")
        page.wait_for_selector("html[data-started]")
        return page

    def door(self, *, size: ViewportSize = PHONE, **query: str) -> Page:
        """Open the app with one event and begin the shift."""
        page = self.open(size=size, reduced=True, known="00000000000a", **query)
        page.locator(".shift-screen form button[type=submit]").click()
        page.wait_for_selector(".door-view")
        return page


@pytest.fixture(scope="session")
def screens_address() -> Iterator[str]:
    """Where the screens are served."""
    handler = functools.partial(Pages, directory=str(PWA))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(scope="module")
def screens_browser() -> Iterator[Browser]:
    """One Chromium for a file of tests."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=LIGHT, args=ARGS)
        yield browser
        browser.close()


@pytest.fixture
def stage(screens_browser: Browser, screens_address: str) -> Iterator[Stage]:
    """The stage of one test."""
    here = Stage(screens_browser, screens_address)
    yield here
    for context in screens_browser.contexts:
        context.close()
    assert here.errors == []
