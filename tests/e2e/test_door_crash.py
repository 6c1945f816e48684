"""The browser killed between a scan and the sync: what was on its disk is still sent."""

import os
import signal
from pathlib import Path

import psutil
from playwright.sync_api import BrowserContext, Playwright
from tests.e2e.door_world import DoorPhone, World, prepare
from tests.e2e.stage import ARGS, CHROMIUM


def launch(playwright: Playwright, folder: Path) -> BrowserContext:
    """Start a browser of its own on a profile folder."""
    context = playwright.chromium.launch_persistent_context(
        folder, executable_path=CHROMIUM, args=ARGS, locale="en-GB"
    )
    return prepare(context)


def kill_browser(folder: Path) -> None:
    """Send SIGKILL to every process of the browser on this profile, and to no other."""
    mine = [
        process
        for process in psutil.Process(os.getpid()).children(recursive=True)
        if any(str(folder) in part for part in process.cmdline())
    ]
    assert mine
    for process in mine:
        process.send_signal(signal.SIGKILL)
    psutil.wait_procs(mine, timeout=20)


def test_sigkill_of_the_browser_loses_no_scan(
    world: World, playwright_run: Playwright, tmp_path: Path
) -> None:
    folder = tmp_path / "profile"
    phone = DoorPhone(launch(playwright_run, folder).pages[0], world)
    phone.pair(world.code())
    world.kill()
    for token in world.tokens[:4]:
        assert phone.type(token)["verdict"] == "valid"
    kill_browser(folder)

    context = launch(playwright_run, folder)
    again = DoorPhone(context.pages[0], world, phone.device)
    again.open()
    assert again.status()["pending"] == 4
    assert again.type(world.tokens[2])["verdict"] == "already_used"
    world.start()
    again.call("(app) => app.door.syncNow()")
    again.until(
        "async (app) => (await app.door.log(9)).filter(({admit, sent}) => "
        "admit && !sent).length === 0"
    )
    admits = [fact for fact in world.facts(phone.device) if fact.kind == 1]
    assert [fact.serial for fact in admits] == [ticket.serial for ticket in world.tickets[:4]]
    context.close()
