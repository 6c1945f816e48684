"""The door app in real Chromium: a phone's window, its throttle, and a camera that plays a clip."""

import io
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from random import Random
from typing import Any

import segno
from PIL import Image, ImageFilter
from playwright.async_api import BrowserContext, Page, async_playwright
from sqlalchemy.ext.asyncio import AsyncSession
from tests.e2e.stage import ARGS, PHONE

from bench.installation import Installation
from handstamp.checkin.pair_device import make_pairing_code
from handstamp.events.models import Event
from handstamp.plumbing.web import SYSTEM

CHROMIUM = "/usr/bin/chromium"
FRAMES_A_SECOND = 30
FRAME = (1280, 720)


@asynccontextmanager
async def phone_window(profile: Path, *arguments: str) -> AsyncIterator[BrowserContext]:
    """Run a browser of its own on a profile, which keeps what the app stored."""
    async with async_playwright() as playwright:
        context = await playwright.chromium.launch_persistent_context(
            profile,
            executable_path=CHROMIUM,
            args=[*ARGS, *arguments],
            permissions=["camera"],
            viewport=PHONE,
            locale="en-GB",
        )
        try:
            yield context
        finally:
            await context.close()


async def throttle(page: Page, times: int) -> None:
    """Slow the page's main thread down, as the developer tools do."""
    session = await page.context.new_cdp_session(page)
    await session.send("Emulation.setCPUThrottlingRate", {"rate": times})


async def call(page: Page, script: str, argument: Any = None) -> Any:
    """Run `async (app, argument) => …` in the page."""
    return await page.evaluate(
        "async (argument) => { const {app, started} = await import('./src/main.js');"
        f" await started; return await ({script})(app, argument) }}",
        argument,
    )


async def pair(here: Installation, event: Event, page: Page) -> str:
    """Pair the window's phone, keep the app's shell, begin the shift; return its address."""
    async with here.services.db.write() as session:
        code = await _code(session, here, event)
    await page.goto(f"{here.address}/tickets/checkin/")
    await page.evaluate("navigator.serviceWorker.ready.then(() => true)")
    device = await call(page, "async (app, code) => (await app.pair(code)).id", code)
    address = f"{here.address}/tickets/checkin/?p={device}"
    await page.goto(address)
    await page.locator(".shift-screen form button[type=submit]").click(timeout=120_000)
    await page.wait_for_selector(".door-view")
    return address


async def _code(session: AsyncSession, here: Installation, event: Event) -> str:
    return await make_pairing_code(session, here.services, SYSTEM, event, name="Main door")


def write_clip(path: Path, texts: Sequence[str], *, shown: int, between: int, lead: int) -> None:
    """Write an MJPEG clip: a bare wall for `lead` frames, then each code `shown` frames long with
    the wall for `between` frames after it. Codes lie a little askew, soft and in grain.
    """
    random = Random(7)
    wall = Image.effect_noise(FRAME, 12).point(lambda grey: grey * 0.4 + 60)
    bare = _jpeg(wall)
    with path.open("wb") as clip:
        clip.write(bare * lead)
        for text in texts:
            clip.write(_jpeg(_held(wall, text, random)) * shown + bare * between)


def _held(wall: Image.Image, text: str, random: Random) -> Image.Image:
    """Return the wall with a code held before it."""
    drawn = io.BytesIO()
    segno.make(text, error="m", micro=False).save(drawn, kind="png", scale=9, border=4)
    code = Image.open(drawn).convert("L")
    angle = random.uniform(-12, 12)
    card = code.rotate(angle, expand=True, resample=Image.Resampling.BICUBIC)
    mask = Image.new("L", code.size, 255).rotate(angle, expand=True)
    picture = wall.copy()
    left, top = ((whole - part) // 2 for whole, part in zip(FRAME, card.size, strict=True))
    place = (left + random.randint(-40, 40), top + random.randint(-20, 20))
    picture.paste(card, place, mask)
    return picture.filter(ImageFilter.GaussianBlur(0.8))


def _jpeg(picture: Image.Image) -> bytes:
    written = io.BytesIO()
    picture.convert("RGB").save(written, "JPEG", quality=88, subsampling=2)
    return written.getvalue()
