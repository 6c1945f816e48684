"""The verdict on the screen: shape, word, sound and vibration differ; the next one replaces it."""

import re
from itertools import combinations
from typing import Any

import pytest
from playwright.sync_api import Page, expect
from tests.e2e.screens import LIGHTS, USED, light, set_status, until
from tests.e2e.stage import Stage, screens_address, screens_browser, stage

__all__ = ["screens_address", "screens_browser", "stage"]

FAMILIES = {
    "valid": "valid",
    "already_used": "used",
    "old_code": "unknown",
    "unknown_held": "unknown",
    "unknown_let_in": "unknown",
    "list_too_old": "unknown",
}
WORDS = {
    "valid": "Valid",
    "old_code": "Valid",
    "already_used": "Already used",
    "refunded": "Refunded",
    "cancelled": "Cancelled",
    "superseded": "Replaced",
    "disputed": "Disputed",
    "wrong_event": "Other event",
    "wrong_list": "Wrong entrance",
    "too_early": "Too early",
    "too_late": "Too late",
    "list_too_old": "List too old",
    "unknown_held": "Not on the list",
    "unknown_let_in": "New ticket",
    "forged": "Forged",
    "not_a_ticket": "Not a ticket",
}

LISTEN = """() => {
  window.buzzes = [];
  window.tones = [];
  Object.defineProperty(navigator, 'vibrate', {value: (pattern) => window.buzzes.push(pattern)});
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (at) {
    window.tones.push([this.type, this.frequency.value]);
    start.call(this, at);
  };
}"""


@pytest.mark.parametrize("name", WORDS)
def test_a_verdict_says_its_word_in_the_shape_of_its_family(stage: Stage, name: str) -> None:
    page = stage.door()
    light(page, LIGHTS[name])
    family = FAMILIES.get(name, "refused")
    expect(page.locator(".verdict-banner")).to_have_class(f"verdict-banner {family}")
    expect(page.locator(".verdict-banner .stamp-mark")).to_have_class(re.compile(f"stamp-{family}"))
    expect(page.locator(".verdict-word")).to_have_text(WORDS[name])
    expect(page.locator("[aria-live=assertive]")).to_contain_text(WORDS[name])


def test_what_blue_means_for_the_guest_is_said(stage: Stage) -> None:
    page = stage.door()
    for name, act in (
        ("unknown_let_in", "Let in"),
        ("old_code", "Let in"),
        ("unknown_held", "Do not let in yet"),
        ("list_too_old", "Do not let in yet"),
    ):
        light(page, LIGHTS[name])
        expect(page.locator(".verdict-act")).to_have_text(act)
    light(page, "{}")
    expect(page.locator(".verdict-act")).to_have_count(0)


def test_the_banner_covers_the_whole_screen_and_then_goes(stage: Stage) -> None:
    page = stage.door()
    light(page, "{}")
    banner = page.locator(".verdict-banner")
    assert banner.bounding_box() == {"x": 0, "y": 0, "width": 360, "height": 740}
    expect(banner).to_be_hidden()
    expect(page.locator(".last-verdict")).to_contain_text("Valid")
    page.locator(".last-verdict-button").click()
    expect(banner).to_be_visible()


def test_already_used_names_time_list_gate_and_phone(stage: Stage) -> None:
    page = stage.door()
    light(page, USED)
    used = page.locator(".verdict-used")
    # 12:04:33 UTC less 12 minutes, in the event's zone and not the phone's.
    for words in ("20:52:33", "12 minutes ago", "Main door", "South gate", "Phone 7"):
        expect(used).to_contain_text(words)
    light(page, USED.replace("here: false", "here: true"))
    expect(used).to_contain_text("On this phone")


def test_the_window_that_was_missed_is_told(stage: Stage) -> None:
    page = stage.door()
    light(page, LIGHTS["too_early"])
    expect(page.locator(".verdict-advice")).to_have_text("Entry begins at 22:04.")
    light(page, LIGHTS["too_late"])
    expect(page.locator(".verdict-advice")).to_have_text("Entry ended at 20:04.")


def test_the_next_scan_takes_the_banner_at_once_and_the_camera_runs_on(stage: Stage) -> None:
    page = stage.door()
    light(page, LIGHTS["forged"])
    before = page.evaluate("document.querySelector('video').currentTime")
    light(page, "{name: 'Next Guest'}")
    expect(page.locator(".verdict-word")).to_have_text("Valid")
    expect(page.locator(".verdict-name")).to_have_text("Next Guest")
    until(page, f"document.querySelector('video').currentTime > {before}")
    assert page.evaluate("fake.app.scanner.state") == "running"


def test_names_of_any_script_keep_their_direction(stage: Stage) -> None:
    page = stage.door()
    light(page, "{name: 'زينب الأندلسي'}")
    name = page.locator(".verdict-name bdi")
    assert name.evaluate("(node) => getComputedStyle(node).direction") == "rtl"
    light(page, "{name: '<img src=x onerror=alert(1)>'}")
    expect(name).to_have_text("<img src=x onerror=alert(1)>")


def test_every_verdict_shows_how_old_the_list_is(stage: Stage) -> None:
    page = stage.door()
    for age, words in (
        (5, "List up to date"),
        (600, "List 10 min old"),
        (7300, "List 2 hours old"),
    ):
        set_status(page, f"{{listAgeS: {age}}}")
        light(page, "{}")
        expect(page.locator(".verdict-age")).to_have_text(words)
    light(page, "{listAgeS: null}")
    expect(page.locator(".verdict-age")).to_have_text("No list yet")


def heard(page: Page, name: str) -> tuple[Any, Any]:
    page.evaluate("window.buzzes = []; window.tones = []")
    light(page, LIGHTS[name])
    return page.evaluate("JSON.stringify(window.buzzes)"), page.evaluate(
        "JSON.stringify(window.tones)"
    )


def test_families_differ_in_sound_and_vibration(stage: Stage) -> None:
    page = stage.door()
    page.evaluate(LISTEN)
    page.mouse.click(180, 300)
    until(page, "(fake.app.door.light({}), window.tones.length > 0)")
    names = ("valid", "refunded", "already_used", "unknown_let_in", "unknown_held")
    felt = {name: heard(page, name) for name in names}
    assert all(tones != "[]" for _, tones in felt.values())
    assert len({tones for _, tones in felt.values()}) == len(names)
    for one, other in combinations(names[:4], 2):
        assert felt[one][0] != felt[other][0]


def test_sound_and_vibration_can_be_switched_off(stage: Stage) -> None:
    page = stage.door()
    page.evaluate(LISTEN)
    page.locator(".tab:has(.icon-settings)").click()
    page.get_by_role("switch", name="Sound").uncheck()
    page.get_by_role("switch", name="Vibration").uncheck()
    assert heard(page, "valid") == ("[]", "[]")


def test_motion_is_for_those_who_want_it(stage: Stage) -> None:
    name = "(node) => getComputedStyle(node).animationName"
    for reduced, animation in ((True, "none"), (False, "land")):
        page = stage.open(known="00000000000a", reduced=reduced)
        page.locator("form button[type=submit]").click()
        light(page, "{}")
        assert page.locator(".verdict-banner .stamp-mark").evaluate(name) == animation


def test_the_logic_hears_when_the_banner_is_painted(stage: Stage) -> None:
    page = stage.door()
    light(page, "{}")
    until(page, "fake.app.door.paintedAt > 0")
