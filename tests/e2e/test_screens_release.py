"""What a phone says of a list that cannot be read on it: not yet, now, or no more."""

import pytest
from playwright.sync_api import expect
from tests.e2e.screens import set_status
from tests.e2e.stage import Stage, screens_address, screens_browser, stage

__all__ = ["screens_address", "screens_browser", "stage"]

HOUR = "3600000"
STATES = {
    "sealed": (f"from: Date.now() + {HOUR}, waiting: true", "on this phone, but locked"),
    "not here": (f"from: Date.now() + {HOUR}, waiting: false", "can be read from"),
    "due": (f"from: Date.now() - {HOUR}, waiting: true", "Connect this phone once"),
    "over": (f"from: 0, until: Date.now() - {HOUR}, waiting: false", "The event is over"),
}


def release(members: str) -> str:
    """A status of the door with no list that can be read."""
    return (
        "{ready: false, tickets: 0, listAgeS: null, release:"
        f" {{until: Date.now() + 9 * {HOUR}, readable: false, {members}}}}}"
    )


@pytest.mark.parametrize("state", STATES)
def test_the_shift_screen_and_a_notice_say_when_the_list_opens(stage: Stage, state: str) -> None:
    members, words = STATES[state]
    page = stage.open(known="00000000000a")
    page.evaluate("fake.app.door.lists = []")
    set_status(page, release(members))
    expect(page.locator("[data-release]")).to_contain_text(words)
    page.get_by_role("button", name="Start scanning").click()
    notice = page.locator('.notice[data-kind="release"]')
    expect(notice).to_contain_text(words)
    notice.get_by_role("button", name="Later").click()
    set_status(page, release(members))
    expect(notice).to_have_count(0)


def test_the_notice_goes_when_the_list_opens(stage: Stage) -> None:
    page = stage.door()
    members, words = STATES["sealed"]
    set_status(page, release(members))
    notice = page.locator('.notice[data-kind="release"]')
    expect(notice).to_contain_text(words)
    set_status(page, "{ready: true, tickets: 500, release: null}")
    expect(notice).to_have_count(0)
