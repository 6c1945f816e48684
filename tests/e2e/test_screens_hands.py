"""The screens beside scanning: what is offered, asked and said; the logic behind is a fake."""

import re

from playwright.sync_api import Page, expect
from tests.e2e.screens import ALL_ACTIONS, LIGHTS, PARTY, ROWS, light, set_status, tab
from tests.e2e.stage import Stage, screens_address, screens_browser, stage

__all__ = ["screens_address", "screens_browser", "stage"]

FAMILIES = {
    "look": ("look", "Look first"),
    "exit": ("left", "Out"),
    "undone": ("undone", "Undone"),
    "override": ("valid", "Let in"),
    "over_capacity": ("valid", "Valid"),
    "elsewhere": ("used", "Being admitted"),
    "not_inside": ("unknown", "Was not inside"),
    "turned_away": ("refused", "Turned away"),
    "party": ("unknown", "2 let in"),
    "party_undone": ("undone", "Undone"),
}


def offer(page: Page, actions: str) -> None:
    page.evaluate(f"fake.app.door.decisions.allow = {actions}")


def calls(page: Page) -> object:
    return page.evaluate("fake.app.door.decisions.calls")


def test_a_tap_decides_after_a_look_and_nothing_else_does(stage: Stage) -> None:
    page = stage.door()
    light(page, LIGHTS["look"])
    banner = page.locator(".verdict-banner")
    for words in ("Check the age", "Compare with a photo ID", "blue band"):
        expect(banner).to_contain_text(words)
        expect(page.locator("[aria-live=assertive]")).to_contain_text(words)
    banner.click(position={"x": 180, "y": 60})
    expect(banner).to_be_visible()
    page.keyboard.press("Enter")
    assert calls(page) == [["looked", True]]
    light(page, LIGHTS["look"])
    page.get_by_role("button", name="Turn away").click()
    assert calls(page) == [["looked", True], ["looked", False]]


def test_an_override_asks_why_and_for_the_pin(stage: Stage) -> None:
    page = stage.door()
    light(page, LIGHTS["refunded"])
    page.locator(".verdict-foot").get_by_role("button", name="Admit anyway").click()
    assert page.evaluate("fake.app.scanner.held") is True
    sheet = page.get_by_role("dialog")
    sheet.get_by_role("radio", name="Another reason").check()
    sheet.get_by_label("Reason", exact=True).fill("Lost the mail")
    sheet.get_by_label("Supervisor PIN").fill("0000")
    sheet.get_by_role("button", name="Admit anyway").click()
    expect(sheet.get_by_role("alert")).to_have_text("Wrong PIN. 4 more tries.")
    sheet.get_by_label("Supervisor PIN").fill("4711")
    sheet.get_by_label("Supervisor PIN").press("Enter")
    expect(page.locator(".verdict-word")).to_have_text("Let in")
    assert calls(page) == [["override", "Lost the mail", "4711"]]
    assert page.evaluate("fake.app.scanner.held") is False


SLOW = """(name) => {
  const {decisions} = fake.app.door;
  const plain = decisions[name].bind(decisions);
  window.asked = 0;
  decisions[name] = async (...given) => {
    window.asked += 1;
    await new Promise((done) => { window.answer = done; });
    return plain(...given);
  };
}"""


def test_a_second_tap_while_the_first_is_at_work_decides_nothing(stage: Stage) -> None:
    page = stage.door()
    page.evaluate("fake.app.door.decisions.supervision = 'role'")
    page.evaluate(SLOW, "looked")
    light(page, LIGHTS["look"])
    page.get_by_role("button", name="Looked: let in").click()
    page.get_by_role("button", name="Turn away").click()
    page.evaluate("window.answer()")
    expect(page.locator(".verdict-word")).to_have_text("Valid")
    assert calls(page) == [["looked", True]]
    assert page.evaluate("window.asked") == 1

    page.evaluate(SLOW, "override")
    page.evaluate("fake.app.door.decisions.pin = ''")
    light(page, LIGHTS["refunded"])
    page.locator(".verdict-foot").get_by_role("button", name="Admit anyway").click()
    admit = page.get_by_role("dialog").get_by_role("button", name="Admit anyway")
    admit.dblclick()
    page.evaluate("window.answer()")
    expect(page.locator(".verdict-word")).to_have_text("Let in")
    assert page.evaluate("window.asked") == 1


def test_a_supervisor_s_phone_asks_for_no_pin(stage: Stage) -> None:
    page = stage.door()
    page.evaluate("fake.app.door.decisions.supervision = 'role'")
    light(page, LIGHTS["refunded"])
    page.locator(".verdict-foot").get_by_role("button", name="Admit anyway").click()
    expect(page.get_by_label("Supervisor PIN")).to_have_count(0)


def test_the_last_verdict_offers_what_may_be_done_and_how_long(stage: Stage) -> None:
    page = stage.door()
    offer(page, ALL_ACTIONS)
    light(page, LIGHTS["already_used"])
    page.keyboard.press("Escape")
    chips = page.locator(".chip")
    expect(chips).to_have_count(4)
    expect(chips.first).to_have_text(re.compile(r"^Undo · \d:\d\d$"))
    chips.filter(has_text="Leaving").click()
    expect(page.locator(".verdict-word")).to_have_text("Out")
    offer(page, "{undoUntil: null, undoBySupervisor: false, override: false, party: 1}")
    page.keyboard.press("Escape")
    expect(chips).to_have_count(0)


def test_a_party_is_picked_by_name_and_looks_are_ticked_by_hand(stage: Stage) -> None:
    page = stage.door()
    offer(page, ALL_ACTIONS)
    page.evaluate(f"fake.app.door.decisions.members = {PARTY}")
    light(page, "{}")
    page.keyboard.press("Escape")
    page.locator(".chip", has_text="Party of 3").click()
    boxes = page.get_by_role("checkbox")
    assert [box.is_checked() for box in boxes.all()] == [True, False, False]
    expect(boxes.nth(1)).to_be_disabled()
    boxes.nth(2).check()
    page.get_by_role("button", name="Admit 2 guests").click()
    assert calls(page) == [["party", [1, 3]]]
    expect(page.locator(".verdict-word")).to_have_text("2 let in")


def test_a_guest_found_by_a_search_offers_the_same(stage: Stage) -> None:
    page = stage.door()
    offer(page, ALL_ACTIONS)
    page.evaluate(f"fake.app.door.rows = {ROWS}")
    tab(page, "search")
    page.get_by_role("searchbox").fill("zoe")
    page.locator(".row.found").nth(1).click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    page.get_by_role("dialog").get_by_role("button", name="Undo").click()
    assert calls(page) == [["undo", ""]]


def test_nobody_overlooks_that_guests_leave_here(stage: Stage) -> None:
    page = stage.open(known="00000000000a")
    page.get_by_role("radio", name="Cloakroom").check()
    page.get_by_role("radio", name="Upper hall").check()
    page.get_by_role("button", name="Start scanning").click()
    expect(page.locator(".status-strip")).to_contain_text("Cloakroom · Upper hall")
    frame = "getComputedStyle(document.querySelector('.scan-frame'), '::before').borderTopStyle"
    assert page.evaluate(frame) == "solid"
    page.locator(".mode-switch").click()
    expect(page.locator(".exit-band")).to_have_text("Exit: guests leave here")
    expect(page.locator(".mode-switch")).to_have_attribute("aria-pressed", "true")
    assert page.evaluate(frame) == "dashed"
    page.evaluate("fake.app.door.inside = {n: 400, capacity: 400, asOf: fake.NIGHT, unheard: 2}")
    set_status(page, "{}")
    expect(page.locator(".inside-line")).to_have_text(
        "At least 400 of 400 insideFullas of 21:042 phones unheard"
    )


def test_the_drill_says_what_to_do_about_each_red(stage: Stage) -> None:
    page = stage.door()
    tab(page, "settings")
    page.get_by_role("button", name="Check this phone").click()
    expect(page.locator(".drill-sum")).to_have_text("2 points need a hand")
    expect(page.locator("[data-check=storage]")).to_contain_text("Install this app")
    expect(page.locator("[data-check=battery]")).to_contain_text("Not known here")
    expect(page.locator(".drill-help")).to_have_count(2)


def test_a_phone_that_lies_about_asks_who_holds_it(stage: Stage) -> None:
    page = stage.open(known="00000000000a")
    page.clock.install()
    page.get_by_label("Your name").fill("Ana")
    page.get_by_role("button", name="Start scanning").click()
    page.clock.fast_forward(16 * 60_000)
    expect(page.get_by_role("heading", name="Who scans now?")).to_be_visible()
    assert page.evaluate("fake.app.scanner.state") == "off"
    page.get_by_label("Another name").fill("Bo")
    page.get_by_role("button", name="Scan under this name").click()
    expect(page.locator(".lock-screen")).to_be_hidden()
    assert page.evaluate("fake.app.door.operator") == "Bo"
    tab(page, "settings")
    page.get_by_role("button", name="Hand over this phone").click()
    page.get_by_role("button", name="Ana").click()
    assert page.evaluate("fake.app.door.operator") == "Ana"


def test_a_locked_phone_scans_nothing_after_back_and_keeps_a_name_half_typed(stage: Stage) -> None:
    page = stage.door()
    tab(page, "settings")
    page.get_by_role("button", name="Hand over this phone").click()
    name = page.get_by_label("Another name")
    name.fill("Bo")
    set_status(page, "{pending: 2}")
    page.go_back()
    expect(name).to_have_value("Bo")
    expect(page.locator(".page-layer")).to_be_hidden()
    assert page.evaluate("fake.app.scanner.state") == "off"
    name.fill(" ")
    page.get_by_role("button", name="Scan under this name").click()
    expect(page.locator(".lock-screen")).to_be_visible()
    name.fill("Bo")
    page.get_by_role("button", name="Scan under this name").click()
    expect(page.locator(".lock-screen")).to_be_hidden()
    assert page.evaluate("fake.app.scanner.state") == "running"


def test_a_phone_without_sound_vibration_or_wake_lock_shows_all(stage: Stage) -> None:
    page = stage.open(known="00000000000a")
    page.evaluate(
        "() => { delete window.AudioContext; delete Navigator.prototype.vibrate;"
        " delete Navigator.prototype.wakeLock; }"
    )
    page.get_by_role("button", name="Start scanning").click()
    light(page, "{}")
    expect(page.locator(".verdict-word")).to_have_text("Valid")


def test_a_camera_without_torch_or_zoom_offers_neither(stage: Stage) -> None:
    page = stage.door()
    for name in ("Torch", "Zoom 1 times", "Next camera"):
        expect(page.get_by_role("button", name=name)).to_be_visible()
    page.get_by_role("button", name="Next camera").click()
    assert page.evaluate("fake.app.scanner.cameraId") == "b"
    page.get_by_role("button", name="Zoom 1 times").click()
    assert page.evaluate("fake.app.scanner.zoom.value") == 2
    page.evaluate(
        "Object.assign(fake.app.scanner, {hasTorch: false, zoom: null, cameras: []})"
        ".dispatchEvent(new Event('state'))"
    )
    expect(page.locator(".scan-tools .round")).to_have_count(1)


def test_the_log_is_saved_as_a_file(stage: Stage) -> None:
    page = stage.door()
    tab(page, "log")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save this log as a file").click()
    assert saved.value.suggested_filename == "handstamp-log-000000000001.jsonl"


def test_every_kind_of_light_has_its_shape_and_word(stage: Stage) -> None:
    page = stage.door()
    for name, (family, word) in FAMILIES.items():
        light(page, LIGHTS[name])
        expect(page.locator(".verdict-banner")).to_have_class(f"verdict-banner {family}")
        expect(page.locator(".verdict-word")).to_have_text(word)


def test_whom_an_undo_of_a_party_took_back_is_spoken(stage: Stage) -> None:
    page = stage.door()
    light(page, LIGHTS["party_undone"])
    spoken = page.locator("[aria-live=assertive]")
    expect(spoken).to_contain_text("Undone. Zoë Ångström. Zoltán Szabó-Kovács")
    expect(spoken).not_to_contain_text("زينب")
