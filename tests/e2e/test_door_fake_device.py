"""The browser's own fake camera device: no script stands between it and the app."""

import subprocess
from pathlib import Path

from playwright.sync_api import Browser, Playwright
from tests.e2e.door_world import DoorPhone, World, matrix
from tests.e2e.stage import ARGS, CHROMIUM, PHONE

SCALE = 11


def picture(text: str, file: Path) -> None:
    """Write a camera picture with a QR in its middle as a portable grey map."""
    rows = matrix(text)
    side = len(rows) * SCALE
    left, top = (1280 - side) // 2, (720 - side) // 2
    grey = bytearray([110]) * (1280 * 720)
    for y, row in enumerate(rows):
        line = b"".join((b"\0" if dark == "1" else b"\xff") * SCALE for dark in row)
        for below in range(SCALE):
            start = (top + y * SCALE + below) * 1280 + left
            grey[start : start + side] = line
    file.write_bytes(b"P5 1280 720 255\n" + grey)


def clip(text: str, folder: Path) -> Path:
    """Make a one-second loop of that picture, as the fake device wants it."""
    still, film = folder / "still.pgm", folder / "camera.mjpeg"
    picture(text, still)
    command = "ffmpeg -v error -loop 1 -i {} -t 1 -r 30 -pix_fmt yuvj420p -q:v 3 -f mjpeg {}"
    subprocess.run(command.format(still, film).split(), check=True)
    return film


def film_browser(playwright: Playwright, film: Path) -> Browser:
    """Start a browser whose camera sees a film, and nobody is asked whether it may."""
    return playwright.chromium.launch(
        executable_path=CHROMIUM,
        args=[
            *ARGS,
            "--use-fake-device-for-media-stream",
            "--use-fake-ui-for-media-stream",
            f"--use-file-for-fake-video-capture={film}",
        ],
    )


def camera_phone(browser: Browser, world: World) -> DoorPhone:
    """Return a phone in it that may use its camera."""
    context = browser.new_context(viewport=PHONE, locale="en-GB", permissions=["camera"])
    return DoorPhone(context.new_page(), world)


def test_a_ticket_before_the_fake_device_is_admitted_offline(
    world: World, playwright_run: Playwright, tmp_path: Path
) -> None:
    browser = film_browser(playwright_run, clip(world.tokens[0], tmp_path))
    phone = camera_phone(browser, world)
    phone.pair(world.code())
    world.kill()
    phone.page.locator(".shift-screen form button[type=submit]").click()
    banner = phone.page.locator(".verdict-banner")
    banner.filter(has_text=world.tickets[0].holder_name).wait_for()
    phone.until("(app) => app.door.status.pending === 1")
    (row,) = phone.call("(app) => app.door.log(5)")
    assert (row["verdict"], row["how"], row["name"]) == (
        "valid",
        "scan",
        world.tickets[0].holder_name,
    )
    browser.close()
